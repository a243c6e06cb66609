#include "backends/redis/redis_buried_prefetch.h"

#include <utility>

namespace leptir::redis {
namespace {

// Tasks may change between a page and the list of it.
constexpr Duration kLongestAge = std::chrono::seconds(1);

}  // namespace

void RedisBuriedPrefetch::ask(const MemberPosition& from, std::size_t limit) {
  if (asked_) static_cast<void>(connection_->exchange());  // the reply to an earlier one that was not taken
  if (!connection_) connection_ = std::make_unique<RedisConnection>(queue_.connection->address());
  asked_ = Asked{from, limit, systemClock().bootTime()};
  appendListOfBuriedIds(*connection_, queue_, from, limit);
  connection_->send();
}

std::optional<MemberPage> RedisBuriedPrefetch::take(const MemberPosition& from, std::size_t limit) {
  if (!asked_) return std::nullopt;
  const auto asked = *std::exchange(asked_, std::nullopt);
  auto replies = connection_->exchange();
  if (!replies || replies->front().value().isError()) return std::nullopt;
  if (asked.from != from || asked.limit != limit || systemClock().bootTime() - asked.at > kLongestAge)
    return std::nullopt;
  auto page = memberPageOf(*connection_, std::move(replies->front()));
  if (!page || page->isLast) return std::nullopt;
  return std::move(*page);
}

}  // namespace leptir::redis
