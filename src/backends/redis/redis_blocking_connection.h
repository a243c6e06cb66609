// A connection that waits for one thing: it sends blocking commands, one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "backends/redis/redis_connector.h"
#include "leptir/spi/wake.h"

namespace leptir::redis {

// One thread at a time, and only in the process that opened it, as RedisConnection.
class RedisBlockingConnection {
 public:
  using Words = std::span<const std::string_view>;

  // Does not connect yet.
  explicit RedisBlockingConnection(RedisAddress address) : connector_(std::move(address)) {}

  // Sends a blocking command (XREAD BLOCK and the like), which the server answers when it has something, at the latest
  // after `heldFor`; `words` must contain that time. Returns the reply, Nil when `longest` has passed, or nothing when
  // `wake` was rung. In the last two cases the reply is still due (isPending): the next wait() returns it without
  // sending anything. `before` is a command that is sent in front of the blocking one, in the same request; of its
  // reply only an error is returned.
  Result<std::optional<RedisReply>> wait(Words words, Duration heldFor, Duration longest, Wake& wake,
                                         Words before = {});
  // Whether the reply to an earlier wait() is still due.
  bool isPending() const { return isPending_; }

  // Grows with each connection that was opened.
  std::uint64_t generation() const { return connector_.generation(); }

 private:
  Error closeBroken(const Error& why);

  RedisConnector connector_;
  bool isPending_ = false;  // the server has not answered a wait() yet
  BootTime replyDueBy_;     // a reply to that wait() later than this means a hung server
};

}  // namespace leptir::redis
