#include "backends/redis/redis_blocking_connection.h"

#include <algorithm>

#include "backends/redis/redis_wire.h"

namespace leptir::redis {

Result<std::optional<RedisReply>> RedisBlockingConnection::wait(Words words, Duration heldFor, Duration longest,
                                                                Wake& wake, Words before) {
  if (auto ours = link_.checkProcess(); !ours) return ours.error();
  if (!isPending_) {
    if (auto connected = link_.connect(); !connected) return connected.error();
    if (!before.empty()) link_.wire().put(before);
    link_.wire().put(words);
    isPending_ = true;
    replyDueBy_ = systemClock().bootTime() + heldFor + link_.address().operationTimeout;
  }
  const auto collected = link_.wire().collect(std::min(longest, replyDueBy_ - systemClock().bootTime()), &wake);
  if (!collected) return closeBroken(collected.error());
  if (*collected == RedisWire::End::Woken) return std::nullopt;
  if (*collected == RedisWire::End::TimedOut) {
    if (systemClock().bootTime() < replyDueBy_) return RedisReply::nil();
    return closeBroken(Error(ErrorCode::Unavailable, "no reply to a blocking command whose time is over"));
  }
  isPending_ = false;
  auto replies = link_.wire().take();
  link_.closeIfRefused(replies);
  for (const auto& reply : replies) {
    if (reply.value().isError()) return link_.errorOf(reply.value());
  }
  return std::move(replies.back());
}

Error RedisBlockingConnection::closeBroken(const Error& why) {
  isPending_ = false;
  return link_.closeBroken(why);
}

}  // namespace leptir::redis
