// Reads buried tasks.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/redis/redis_queue.h"
#include "leptir/spi/task_keeper.h"

namespace leptir::redis {

// In the hash `ids`, the value of a buried task begins with this letter; its due time follows.
inline constexpr char kBuriedEntryPrefix = 'b';

// The buried tasks among `escapedIds`.
Result<std::vector<FoundTask>> readBuriedTasks(RedisQueue& queue, std::span<const std::string> escapedIds);
// Buried tasks whose values listBuriedIds() has measured.
struct MeasuredTasks {
  std::vector<std::string_view> escapedIds{};
  std::map<std::size_t, std::size_t> tooLarge{};  // sizes of those that are too large to be read, by position
};
// Reads them: the replies that buriedTasksIn() takes.
Result<std::vector<RedisReply>> readMeasuredTasks(RedisQueue& queue, const MeasuredTasks& measured);
// For each one: the task, or nothing where it is not buried any more.
std::vector<std::optional<FoundTask>> buriedTasksIn(const MeasuredTasks& measured, std::span<const RedisReply> replies);
// One buried task, whose value in the hash `ids` the caller has read; nothing: it is not buried.
Result<std::optional<FoundTask>> readBuriedTask(RedisQueue& queue, const std::string& escapedId,
                                                std::string_view idEntry);

}  // namespace leptir::redis
