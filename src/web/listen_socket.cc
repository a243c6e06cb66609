#include "web/listen_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/errno_text.h"
#include "base/stale_socket.h"

namespace leptir::web {
namespace {

constexpr int kBacklog = 1024;
constexpr mode_t kSocketMode = 0660;

std::string_view adviceFor(int error) {
  switch (error) {
    case EADDRINUSE:
      return ": another program or instance listens there; stop it, or give this instance another port";
    case EADDRNOTAVAIL:
      return ": no network interface of this machine has this address";
    case EACCES:
    case EPERM:
      return ": this user may not listen there; take a port above 1023, or a folder that this user may write";
    case EAFNOSUPPORT:
      return ": this machine has no IPv6; use an IPv4 address";
    case ENOENT:
      return ": create the folder of the socket";
    default:
      return "";
  }
}

Error cannotListen(const base::ListenAddress& address, int error) {
  return Error(ErrorCode::Unavailable,
               "cannot listen at " + address.text() + ": " + base::errnoText(error) + std::string(adviceFor(error)));
}

base::UniqueFd newSocket(int family) {
  return base::UniqueFd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// Returns 0 once the socket listens, else the errno.
int bindAndListen(const base::UniqueFd& socket, const sockaddr* address, socklen_t size) {
  return ::bind(socket.get(), address, size) == 0 && ::listen(socket.get(), kBacklog) == 0 ? 0 : errno;
}

// --- Unix sockets

sockaddr_un unixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

// Another kind of file has this name, so no advice about its server would help.
bool isTakenByAFile(const std::string& path) {
  struct stat info{};
  return ::lstat(path.c_str(), &info) == 0 && !S_ISSOCK(info.st_mode);
}

Error cannotListenAtPath(const base::ListenAddress& address, int error) {
  if (error == EADDRINUSE && isTakenByAFile(address.path))
    return Error(ErrorCode::Unavailable,
                 "cannot listen at " + address.text() +
                     ": a file that is no socket has this name; remove it, or give another path");
  if (error == EADDRINUSE)
    return Error(ErrorCode::Unavailable,
                 "cannot listen at " + address.text() + ": " + base::errnoText(error) +
                     ": another program or instance listens there; stop it, or give this instance another path");
  return cannotListen(address, error);
}

Result<base::UniqueFd> listenAtPath(const base::ListenAddress& at) {
  const auto address = unixAddress(at.path);
  base::removeStaleSocket(at.path);
  auto socket = newSocket(AF_UNIX);
  if (!socket) return cannotListenAtPath(at, errno);
  // Before `listen` no client can connect, so the mode is set in time.
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(address.sun_path, kSocketMode) != 0 || ::listen(socket.get(), kBacklog) != 0)
    return cannotListenAtPath(at, errno);
  return socket;
}

// --- TCP

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<Addresses> addressesOf(const base::ListenAddress& at) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(at.host.c_str(), std::to_string(at.port).c_str(), &hints, &found);
  if (failed == 0) return Addresses(found, &::freeaddrinfo);
  const auto why = failed == EAI_SYSTEM ? base::errnoText(errno) : std::string(::gai_strerror(failed));
  return Error(ErrorCode::Unavailable,
               "cannot listen at " + at.text() + ": " + why + ": no address of this name can be found");
}

Result<base::UniqueFd> listenAtHost(const base::ListenAddress& at) {
  const auto addresses = addressesOf(at);
  if (!addresses) return addresses.error();
  int error = EADDRNOTAVAIL;
  for (const auto* one = addresses->get(); one != nullptr; one = one->ai_next) {
    auto socket = newSocket(one->ai_family);
    if (!socket) {
      error = errno;
      continue;
    }
    // A restarted server does not wait until the connections of the earlier one are forgotten.
    const int yes = 1, no = 0;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (one->ai_family == AF_INET6) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    error = bindAndListen(socket, one->ai_addr, one->ai_addrlen);
    if (error == 0) return socket;
  }
  return cannotListen(at, error);
}

}  // namespace

Result<base::UniqueFd> listenAt(const base::ListenAddress& address) {
  return address.isUnix() ? listenAtPath(address) : listenAtHost(address);
}

}  // namespace leptir::web
