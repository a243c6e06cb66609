#include "backends/sqlite/doorbell.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/shared_access.h"
#include "base/task_id.h"

namespace leptir::sqlite {
namespace {

constexpr std::string_view kSuffix = ".bell";
constexpr auto kNoProc = "/proc is not mounted, and leptir cannot work without it: mount it (mount -t proc proc /proc)";

// A socket address holds a path of at most 107 bytes; through the folder's descriptor every path is short enough.
sockaddr_un addressIn(int folder, const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", folder, name.c_str());
  return address;
}

base::UniqueFd openFolder(const std::filesystem::path& folder) {
  return base::UniqueFd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

base::UniqueFd openSocket() {
  return base::UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

}  // namespace

Result<Doorbell> Doorbell::create(const std::filesystem::path& folder) {
  auto directory = openFolder(folder);
  auto socket = openSocket();
  auto name = base::makeInstanceName() + std::string(kSuffix);
  const auto address = addressIn(directory.get(), name);
  const bool isBound =
      directory && socket && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int error = errno;
  if (isBound) {
    base::shareNewSocketFile(directory.get(), name);  // all who may write in the folder may ring
    return Doorbell(std::move(directory), std::move(socket), std::move(name));
  }
  if (::access("/proc/self/fd", X_OK) != 0) return Error(ErrorCode::Invalid, kNoProc);
  return Error(ErrorCode::Unavailable, "cannot make a socket in " + folder.string() + ": " + std::strerror(error) +
                                           "; let the user that leptir runs as write there");
}

Doorbell::~Doorbell() {
  if (folder_) ::unlinkat(folder_.get(), name_.c_str(), 0);
}

bool Doorbell::clear() {
  char byte;
  bool wasRung = false;
  while (::recv(socket_.get(), &byte, sizeof byte, 0) >= 0) wasRung = true;
  return wasRung;
}

void DoorbellRinger::ring() {
  if (!socket_) socket_ = openSocket();
  auto folder = openFolder(folder_);
  const int number = folder.get();
  if (!socket_ || !folder) return;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(folder.release()), &::closedir);
  if (!entries) return;
  while (const auto* entry = ::readdir(entries.get())) {
    const std::string name = entry->d_name;
    if (!name.ends_with(kSuffix)) continue;
    const auto address = addressIn(number, name);
    const auto sent =
        ::sendto(socket_.get(), "!", 1, MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    // ECONNREFUSED: no process has the socket open any more. A full socket is ignored: it is rung already.
    if (sent < 0 && errno == ECONNREFUSED) ::unlinkat(number, name.c_str(), 0);
  }
}

}  // namespace leptir::sqlite
