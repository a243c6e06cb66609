// The scripts that find and change single tasks, and list sessions, as functions: each puts together the keys and
// arguments of one script.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "backends/redis/redis_queue.h"

namespace leptir::redis::calls {

RedisScriptCall removeWaiting(const RedisQueue& queue, std::string_view member, std::string_view escapedId);
RedisScriptCall removeBuried(const RedisQueue& queue, std::string_view escapedId);
RedisScriptCall requestCancel(const RedisQueue& queue, std::string_view leasedKey, std::string_view leaseNumber,
                              std::string_view escapedId, std::string_view by);

RedisScriptCall scanQueue(const RedisQueue& queue, std::string_view cursor, std::int64_t buckets,
                          std::string_view askedId, std::string_view escapedId);
// `first`: where the step begins among the members with this score.
RedisScriptCall scanScore(const RedisQueue& queue, std::string_view score, std::string_view first);

struct BuriedTaskToRevive {
  std::string escapedId;
  // The value in the hash of buried tasks begins with the first; the second stands in its place in the envelope.
  std::string valueHead, envelopeHead;
  std::string_view idEntryPrefix;
};
RedisScriptCall reviveTasks(const RedisQueue& queue, std::span<const BuriedTaskToRevive> tasks);

enum class WhichSessions { Open, OpenAndClaimed };
RedisScriptCall listSessionNames(const RedisQueue& queue, WhichSessions which);
RedisScriptCall describeSessions(const RedisQueue& queue, std::span<const std::string> names);

}  // namespace leptir::redis::calls
