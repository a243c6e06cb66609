// The scripts that list tasks and change many of them, as functions (see redis_keeper_calls.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/redis/redis_list_cursor.h"
#include "backends/redis/redis_queue.h"
#include "leptir/list_order.h"
#include "leptir/result.h"
#include "leptir/spi/task_list.h"
#include "leptir/task_filter.h"

namespace leptir::redis {

// Members of a sorted set that one step visits at most, so that it takes some milliseconds.
inline constexpr std::size_t kMaxMembersOfStep = 1000;

// A member of a sorted set, in a reply.
struct ListedMember {
  std::string_view member{};
  std::string_view score{};
};

// The reply of a step; the members are views into it.
struct MemberPage {
  RedisReply reply;
  Time now{};  // the server's time
  std::uint64_t visited = 0;
  std::vector<ListedMember> members{};
  std::map<std::size_t, std::size_t> tooLarge{};  // sizes of values that are too large to be read, by position
  MemberPosition next{};
  bool isLast = false;  // there are no members behind these
};

// How much a step reads at most. It ends with the member that brings the visited bytes beyond `bytes`.
struct StepLimits {
  std::size_t members = kMaxMembersOfStep;
  std::size_t visited = kMaxMembersOfStep;
  std::size_t bytes = kMaxPageBytes;
};

// One step of a list of waiting tasks: members that may match the filter; the caller compares again.
Result<MemberPage> listWaiting(RedisQueue& queue, const TaskFilter& filter, const MemberPosition& from,
                               StepLimits limits = {});
// One step of a list of buried tasks: their escaped ids. It measures the values of those that may match the beginning
// of the id: they have `limits.bytes` together, and one value more, without those that are too large to be read.
Result<MemberPage> listBuriedIds(RedisQueue& queue, const TaskFilter& filter, const MemberPosition& from,
                                 StepLimits limits);
// The same in two parts, of the first `limit` tasks without a filter: appends the request to a connection, and reads
// the reply.
void appendListOfBuriedIds(RedisConnection& connection, const RedisQueue& queue, const MemberPosition& from,
                           std::size_t limit);
Result<MemberPage> memberPageOf(const RedisConnection& connection, RedisReply reply);

struct WaitingTask {
  std::string escapedId;
  std::string member;  // of the queue
};

namespace calls {

RedisScriptCall earliestDue(const RedisQueue& queue);
RedisScriptCall soleMembersAtScores(const RedisQueue& queue, std::span<const std::string> scores);
RedisScriptCall removeTasks(const RedisQueue& queue, std::span<const WaitingTask> tasks);
RedisScriptCall removeBuriedTasks(const RedisQueue& queue, std::span<const std::string> escapedIds);
RedisScriptCall rescheduleTasks(const RedisQueue& queue, std::span<const WaitingTask> tasks, std::optional<Time> due);

}  // namespace calls
}  // namespace leptir::redis
