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
// For each of `escapedIds`, which listBuriedIds() has measured: the task, or nothing where it is not buried any more.
// `tooLarge`: sizes of those among them that are too large to be read, by position.
Result<std::vector<std::optional<FoundTask>>> readMeasuredTasks(RedisQueue& queue,
                                                                std::span<const std::string_view> escapedIds,
                                                                const std::map<std::size_t, std::size_t>& tooLarge);
// One buried task, whose value in the hash `ids` the caller has read; nothing: it is not buried.
Result<std::optional<FoundTask>> readBuriedTask(RedisQueue& queue, const std::string& escapedId,
                                                std::string_view idEntry);

}  // namespace leptir::redis
