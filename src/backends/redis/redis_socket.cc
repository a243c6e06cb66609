#include "backends/redis/redis_socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "backends/redis/redis_dial.h"
#include "backends/redis/redis_tls.h"
#include "base/errno_text.h"

namespace leptir::redis {
namespace {

class PlainSocket final : public RedisSocket {
 public:
  explicit PlainSocket(base::UniqueFd descriptor) : descriptor_(std::move(descriptor)) {}

  Result<std::size_t> send(std::string_view bytes) override { return sendPlain(descriptor_.get(), bytes); }
  Result<std::size_t> receive(std::span<char> into) override { return receivePlain(descriptor_.get(), into); }
  int descriptor() const override { return descriptor_.get(); }
  short events(bool sending) const override { return sending ? POLLIN | POLLOUT : POLLIN; }

 private:
  base::UniqueFd descriptor_;
};

bool wouldBlock(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

Result<std::unique_ptr<RedisSocket>> openRedisSocket(const RedisAddress& address, BootTime deadline) {
  auto descriptor = dial(address, deadline);
  if (!descriptor) return descriptor.error();
  if (address.scheme == RedisAddress::Scheme::Tls) return openTls(std::move(*descriptor), address, deadline);
  return std::make_unique<PlainSocket>(std::move(*descriptor));
}

Result<std::size_t> sendPlain(int descriptor, std::string_view bytes) {
  const auto sent = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (wouldBlock(errno)) return std::size_t{0};
  return Error(ErrorCode::Unavailable, "the connection broke: " + base::errnoText(errno));
}

Result<std::size_t> receivePlain(int descriptor, std::span<char> into) {
  const auto received = ::recv(descriptor, into.data(), into.size(), 0);
  if (received > 0) return static_cast<std::size_t>(received);
  if (received == 0) return Error(ErrorCode::Unavailable, "closed the connection");
  if (wouldBlock(errno)) return std::size_t{0};
  return Error(ErrorCode::Unavailable, "the connection broke: " + base::errnoText(errno));
}

bool pollUntil(BootTime deadline, int descriptor, short events, int alsoReadable) {
  pollfd waiting[2] = {{descriptor, events, 0}, {alsoReadable, POLLIN, 0}};
  while (true) {
    const auto left = std::max(deadline - systemClock().bootTime(), Duration::zero());
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec timeout{whole.count(), std::chrono::nanoseconds(left - whole).count()};
    const int ready = ::ppoll(waiting, alsoReadable < 0 ? 1 : 2, &timeout, nullptr);
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace leptir::redis
