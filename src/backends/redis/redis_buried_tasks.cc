#include "backends/redis/redis_buried_tasks.h"

#include <algorithm>

#include "backends/redis/redis_buried.h"
#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_list_calls.h"
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

// Values in the hash of buried tasks; a value that is too large to be read is replaced by one without its envelope.
Result<std::vector<std::optional<std::string>>> readValues(RedisQueue& queue, std::span<const std::string> escapedIds) {
  auto fields = readFields(*queue.connection, queue.keys.buriedTasks, escapedIds);
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

// One script, since two commands for each task would keep the server twice as busy.
Result<std::vector<std::optional<FoundTask>>> readFirstBuriedTasks(RedisQueue& queue,
                                                                   std::span<const std::string> escapedIds,
                                                                   std::size_t mostBytes) {
  std::vector<std::optional<FoundTask>> tasks;
  if (escapedIds.empty()) return tasks;
  const auto reply = runScript(*queue.connection, calls::readBuried(queue, escapedIds, mostBytes));
  if (!reply) return reply.error();
  const RedisExpect expect(*queue.connection);
  if (auto fits = expect.list(reply->value(), 2); !fits) return fits.error();
  const auto values = reply->value()[0], marks = reply->value()[1];
  if (auto fits = expect.texts(marks, RedisExpect::Nils::Allowed); !fits) return fits.error();
  if (auto fits = expect.list(values, std::clamp<std::size_t>(marks.size(), 1, escapedIds.size())); !fits)
    return fits.error();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = values[i];
    std::string text(value.text());
    if (value.kind() == RedisValue::Kind::Integer)
      text = encodeTooLarge(static_cast<std::size_t>(std::max<std::int64_t>(value.integer(), 0)));
    tasks.push_back(value.isNil() ? std::nullopt : std::optional(buriedTask(escapedIds[i], marks[i].text(), text)));
  }
  return tasks;
}

Result<std::vector<FoundTask>> readBuriedTasks(RedisQueue& queue, std::span<const std::string> escapedIds) {
  const auto values = readValues(queue, escapedIds);
  if (!values) return values.error();
  const auto marks = readFields(*queue.connection, queue.keys.ids, escapedIds);
  if (!marks) return marks.error();
  std::vector<FoundTask> found;
  for (std::size_t i = 0; i < escapedIds.size(); ++i) {
    if (const auto& value = (*values)[i]) found.push_back(buriedTask(escapedIds[i], (*marks)[i].text, *value));
  }
  return found;
}

Result<std::optional<FoundTask>> readBuriedTask(RedisQueue& queue, const std::string& escapedId,
                                                std::string_view mark) {
  const auto values = readValues(queue, std::span(&escapedId, 1));
  if (!values) return values.error();
  if (!values->front()) return std::optional<FoundTask>();
  return std::optional(buriedTask(escapedId, mark, *values->front()));
}

}  // namespace leptir::redis
