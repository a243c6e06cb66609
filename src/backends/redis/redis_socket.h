// A non-blocking byte stream to a server: over TCP, a unix socket, or TLS (redis_tls.h).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "backends/redis/redis_address.h"
#include "base/unique_fd.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::redis {

// One thread at a time. Error messages do not name the server yet. The destructor closes the descriptor and sends
// nothing, so that it does no harm in a forked child.
class RedisSocket {
 public:
  virtual ~RedisSocket() = default;

  // Return the number of bytes moved; 0: would block, poll for `events`. Unavailable: the connection has ended.
  virtual Result<std::size_t> send(std::string_view bytes) = 0;
  virtual Result<std::size_t> receive(std::span<char> into) = 0;
  virtual int descriptor() const = 0;
  // The events to poll for; `sending`: there is more to send.
  virtual short events(bool sending) const = 0;
};

// Connects before `deadline`, with TLS also verifies the certificate. Errors as RedisConnection::connect(), but the
// message does not name the server yet.
Result<std::unique_ptr<RedisSocket>> openRedisSocket(const RedisAddress& address, BootTime deadline);

// send() and recv() on a plain descriptor, which both kinds of RedisSocket use. Return values as RedisSocket::send().
Result<std::size_t> sendPlain(int descriptor, std::string_view bytes);
Result<std::size_t> receivePlain(int descriptor, std::span<char> into);

// Waits until one of `events` holds on `descriptor` or `alsoReadable` (-1: none) is readable. False: `deadline` has
// passed.
bool pollUntil(BootTime deadline, int descriptor, short events, int alsoReadable = -1);

}  // namespace leptir::redis
