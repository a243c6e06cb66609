#include "backends/redis/redis_dial.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <future>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>
#include <thread>

#include "backends/redis/redis_socket.h"
#include "base/errno_text.h"

namespace leptir::redis {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* first) const { ::freeaddrinfo(first); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Error unavailable(const std::string& what) {
  return Error(ErrorCode::Unavailable, what);
}

Result<Addresses> lookUp(const std::string& host, int port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failed != 0) return unavailable(std::string("the name cannot be found: ") + ::gai_strerror(failed));
  return Addresses(found);
}

// getaddrinfo() cannot be interrupted: it runs in a detached thread, which stays behind when the deadline passes.
Result<Addresses> resolve(const std::string& host, int port, BootTime deadline) {
  if (auto numeric = lookUp(host, port, AI_NUMERICHOST)) return numeric;
  std::packaged_task<Result<Addresses>()> task([host, port] { return lookUp(host, port, AI_ADDRCONFIG); });
  auto found = task.get_future();
  try {
    std::thread(std::move(task)).detach();
  } catch (const std::system_error& none) {
    return unavailable(std::string("cannot start a thread to look the name up: ") + none.what());
  }
  if (found.wait_for(deadline - systemClock().bootTime()) == std::future_status::ready) return found.get();
  return unavailable("the name cannot be found: no answer from the resolver in time");
}

Result<base::UniqueFd> connectTo(const sockaddr* address, socklen_t size, BootTime deadline) {
  base::UniqueFd descriptor(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor) return unavailable("cannot create a socket: " + base::errnoText(errno));
  if (::connect(descriptor.get(), address, size) == 0) return descriptor;
  if (errno != EINPROGRESS && errno != EINTR) return unavailable(base::errnoText(errno));
  if (!pollUntil(deadline, descriptor.get(), POLLOUT))
    return unavailable("no answer to the connection attempt in time");
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(descriptor.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return unavailable(base::errnoText(error));
  return descriptor;
}

// NODELAY: a request is sent at once. KEEPALIVE: an idle connection notices that the peer's machine is gone.
void setSocketOptions(const base::UniqueFd& descriptor) {
  const int on = 1;
  ::setsockopt(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(descriptor.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

Result<base::UniqueFd> dialTcp(const RedisAddress& address, BootTime deadline) {
  const auto addresses = resolve(address.host, address.port, deadline);
  if (!addresses) return addresses.error();
  int left = 0;
  for (const auto* each = addresses->get(); each != nullptr; each = each->ai_next) ++left;
  Error last = unavailable("the name has no address");
  for (const auto* each = addresses->get(); each != nullptr; each = each->ai_next) {
    const auto now = systemClock().bootTime();
    auto descriptor = connectTo(each->ai_addr, each->ai_addrlen, now + (deadline - now) / left--);
    if (descriptor) {
      setSocketOptions(*descriptor);
      return descriptor;
    }
    last = descriptor.error();
  }
  return last;
}

Result<base::UniqueFd> dialUnix(const std::string& path, BootTime deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Error(ErrorCode::Invalid,
                 "'path' must have at most " + std::to_string(sizeof address.sun_path - 1) + " bytes");
  std::memcpy(address.sun_path, path.data(), path.size());
  return connectTo(reinterpret_cast<const sockaddr*>(&address), sizeof address, deadline);
}

}  // namespace

Result<base::UniqueFd> dial(const RedisAddress& address, BootTime deadline) {
  return address.scheme == RedisAddress::Scheme::Unix ? dialUnix(address.path, deadline) : dialTcp(address, deadline);
}

}  // namespace leptir::redis
