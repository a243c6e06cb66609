// A byte stream to a server that never blocks: over TCP, a unix socket, or TLS (redis_tls.h).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "backends/redis/redis_address.h"
#include "base/unique_fd.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir {

// One thread at a time. Errors say what, without where. Its destructor closes the descriptor and sends nothing, so that
// a child that inherited it does no harm.
class RedisSocket {
 public:
  virtual ~RedisSocket() = default;

  // Answer how many bytes were moved; 0: none just now, poll for `events`. Unavailable: the connection has ended.
  virtual Result<std::size_t> send(std::string_view bytes) = 0;
  virtual Result<std::size_t> receive(std::span<char> into) = 0;
  virtual int descriptor() const = 0;
  // What to poll for, with something left to send or without.
  virtual short events(bool sending) const = 0;
};

// Connected, and for TLS verified, before `deadline`. Unavailable, Invalid as RedisConnection::connect has it, without
// where.
Result<std::unique_ptr<RedisSocket>> openRedisSocket(const RedisAddress& address, BootTime deadline);

// The bytes below any of them; what both kinds of RedisSocket are made of.
Result<std::size_t> sendPlain(int descriptor, std::string_view bytes);
Result<std::size_t> receivePlain(int descriptor, std::span<char> into);

// Waits until one of `events` holds or `alsoReadable` (-1: none) is readable. False: `deadline` has passed.
bool pollUntil(BootTime deadline, int descriptor, short events, int alsoReadable = -1);

}  // namespace leptir
