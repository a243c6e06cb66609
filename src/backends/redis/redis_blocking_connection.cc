#include "backends/redis/redis_blocking_connection.h"

#include <algorithm>

#include "backends/redis/redis_wire.h"

namespace leptir::redis {

Result<std::optional<RedisReply>> RedisBlockingConnection::wait(Words words, Duration heldFor, Duration longest,
                                                                Wake& wake, Words before) {
  if (auto ours = connector_.checkProcess(); !ours) return ours.error();
  if (!isPending_) {
    if (auto connected = connector_.connect(); !connected) return connected.error();
    if (!before.empty()) connector_.wire().put(before);
    connector_.wire().put(words);
    isPending_ = true;
    replyDueBy_ = systemClock().bootTime() + heldFor + connector_.address().operationTimeout;
  }
  const auto collected = connector_.wire().collect(std::min(longest, replyDueBy_ - systemClock().bootTime()), &wake);
  if (!collected) return closeBroken(collected.error());
  if (*collected == RedisWire::End::Woken) return std::nullopt;
  if (*collected == RedisWire::End::TimedOut) {
    if (systemClock().bootTime() < replyDueBy_) return RedisReply::nil();
    return closeBroken(Error(ErrorCode::Unavailable, "no reply to a blocking command whose time is over"));
  }
  isPending_ = false;
  auto replies = connector_.wire().take();
  connector_.closeIfRefused(replies);
  for (const auto& reply : replies) {
    if (reply.value().isError()) return connector_.errorOf(reply.value());
  }
  return std::move(replies.back());
}

Error RedisBlockingConnection::closeBroken(const Error& why) {
  isPending_ = false;
  return connector_.closeBroken(why);
}

}  // namespace leptir::redis
