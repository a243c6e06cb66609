#include "backends/redis/redis_buried_tasks.h"

#include <limits>

#include "backends/redis/redis_buried.h"
#include "backends/redis/redis_stored_values.h"
#include "task/envelope_counters.h"

namespace leptir::redis {
namespace {

// `mark` is the value in the hash `ids`: a letter, then the due time.
FoundTask buriedTask(std::string_view escapedId, std::string_view mark, std::string_view text) {
  auto value = decodeBuried(text);
  return {.id = task::unescapedId(escapedId),
          .state = TaskState::Buried,
          .due = timeFromRedis(mark.substr(mark.empty() ? 0 : 1)),
          .counters = value.counters,
          .envelope = std::string(value.envelope),
          .reason = std::move(value.reason)};
}

// Values in the hash of buried tasks, as many as have `mostBytes` together; a value that is too large to be read is
// replaced by one without its envelope.
Result<std::vector<std::optional<std::string>>> readValues(RedisQueue& queue, std::span<const std::string> escapedIds,
                                                           std::size_t mostBytes) {
  auto fields = readFirstFields(*queue.connection, queue.keys.buriedTasks, escapedIds, mostBytes);
  if (!fields) return fields.error();
  std::vector<std::optional<std::string>> values(fields->size());
  for (std::size_t i = 0; i < fields->size(); ++i) {
    auto& field = (*fields)[i];
    if (field.isText()) values[i] = std::move(field.text);
    if (field.kind == StoredValue::Kind::TooLarge) values[i] = encodeTooLarge(field.size);
  }
  return values;
}

}  // namespace

Result<std::vector<std::optional<FoundTask>>> readFirstBuriedTasks(RedisQueue& queue,
                                                                   std::span<const std::string> escapedIds,
                                                                   std::size_t mostBytes) {
  const auto values = readValues(queue, escapedIds, mostBytes);
  if (!values) return values.error();
  const auto marks = readFields(*queue.connection, queue.keys.ids, escapedIds.first(values->size()));
  if (!marks) return marks.error();
  std::vector<std::optional<FoundTask>> tasks(values->size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (const auto& value = (*values)[i]) tasks[i] = buriedTask(escapedIds[i], (*marks)[i].text, *value);
  }
  return tasks;
}

Result<std::vector<FoundTask>> readBuriedTasks(RedisQueue& queue, std::span<const std::string> escapedIds) {
  auto tasks = readFirstBuriedTasks(queue, escapedIds, std::numeric_limits<std::size_t>::max());
  if (!tasks) return tasks.error();
  std::vector<FoundTask> found;
  for (auto& task : *tasks) {
    if (task) found.push_back(std::move(*task));
  }
  return found;
}

Result<std::optional<FoundTask>> readBuriedTask(RedisQueue& queue, const std::string& escapedId,
                                                std::string_view mark) {
  const auto values = readValues(queue, std::span(&escapedId, 1), std::numeric_limits<std::size_t>::max());
  if (!values) return values.error();
  if (!values->front()) return std::optional<FoundTask>();
  return std::optional(buriedTask(escapedId, mark, *values->front()));
}

}  // namespace leptir::redis
