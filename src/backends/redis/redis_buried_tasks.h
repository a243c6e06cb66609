// Reads buried tasks.
#pragma once

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
// Of the first of `escapedIds`, as many as have `mostBytes` together (at least one): the task, or nothing where it is
// not buried any more.
Result<std::vector<std::optional<FoundTask>>> readFirstBuriedTasks(RedisQueue& queue,
                                                                   std::span<const std::string> escapedIds,
                                                                   std::size_t mostBytes);
// One buried task, whose value in the hash `ids` the caller has read; nothing: it is not buried.
Result<std::optional<FoundTask>> readBuriedTask(RedisQueue& queue, const std::string& escapedId,
                                                std::string_view idEntry);

}  // namespace leptir::redis
