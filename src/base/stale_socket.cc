#include "base/stale_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

#include "base/unique_fd.h"

namespace leptir::base {

void removeStaleSocket(const std::string& path) {
  struct stat info{};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path || ::lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return;
  path.copy(address.sun_path, path.size());
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return;
  const bool answers = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  if (!answers && errno == ECONNREFUSED) ::unlink(path.c_str());
}

}  // namespace leptir::base
