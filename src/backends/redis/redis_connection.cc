#include "backends/redis/redis_connection.h"

#include <cassert>
#include <utility>

#include "backends/redis/redis_wire.h"

namespace leptir::redis {
namespace {

// append() sends when so many bytes are buffered, so that a system call carries enough of them.
constexpr std::size_t kSendThresholdBytes = 16 * 1024;

}  // namespace

Result<RedisReply> RedisConnection::run(Words words) {
  assert(appended_ == 0 && "exchange() comes first");
  append(words);
  auto replies = exchange();
  if (!replies) return replies.error();
  const auto value = replies->front().value();
  if (value.isError()) return errorOf(value);
  return std::move(replies->front());
}

void RedisConnection::append(Words words) {
  if (appended_++ == 0) {
    if (auto connected = connector_.connect(); !connected) appendFailure_ = connected.error();
  }
  if (appendFailure_) return;
  connector_.wire().put(words);
  if (connector_.wire().unsent() >= kSendThresholdBytes) send();
}

void RedisConnection::send() {
  if (appended_ == 0 || appendFailure_) return;
  if (auto pumped = connector_.wire().pump(); !pumped) appendFailure_ = connector_.closeBroken(pumped.error());
}

Result<std::vector<RedisReply>> RedisConnection::exchange() {
  if (std::exchange(appended_, 0) == 0) return std::vector<RedisReply>();
  if (auto ours = connector_.checkProcess(); !ours) return ours.error();
  if (appendFailure_) return *std::exchange(appendFailure_, {});
  const auto collected = connector_.wire().collect(address().operationTimeout);
  if (!collected) return connector_.closeBroken(collected.error());
  auto replies = connector_.wire().take();
  connector_.closeIfRefused(replies);
  return replies;
}

}  // namespace leptir::redis
