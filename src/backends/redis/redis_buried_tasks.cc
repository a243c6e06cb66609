#include "backends/redis/redis_buried_tasks.h"

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

Result<std::vector<FoundTask>> readBuriedTasks(RedisQueue& queue, std::span<const std::string> escapedIds) {
  const auto values = readValues(queue, escapedIds);
  if (!values) return values.error();
  std::vector<std::string> ids;
  std::vector<std::string_view> texts;
  for (std::size_t i = 0; i < escapedIds.size(); ++i) {
    if (!(*values)[i]) continue;
    ids.push_back(escapedIds[i]);
    texts.push_back(*(*values)[i]);
  }
  const auto marks = readFields(*queue.connection, queue.keys.ids, ids);
  if (!marks) return marks.error();
  std::vector<FoundTask> found;
  for (std::size_t i = 0; i < ids.size(); ++i) found.push_back(buriedTask(ids[i], (*marks)[i].text, texts[i]));
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
