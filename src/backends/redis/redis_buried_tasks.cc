#include "backends/redis/redis_buried_tasks.h"

#include <map>

#include "backends/redis/redis_buried.h"
#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_stored_values.h"
#include "task/envelope_counters.h"

namespace leptir::redis {
namespace {

// `idEntry` is the value in the hash `ids`: kBuriedEntryPrefix, then the due time; without it the task was revived
// between two commands.
FoundTask buriedTask(std::string_view escapedId, std::string_view idEntry, std::string_view text) {
  auto value = decodeBuried(text);
  idEntry.remove_prefix(idEntry.starts_with(kBuriedEntryPrefix) ? 1 : 0);
  return {.id = task::unescapedId(escapedId),
          .state = TaskState::Buried,
          .due = timeFromRedis(idEntry),
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

// Two lists of the same length. In place of a value that is too large stands that of an empty id, which no task has.
Result<std::vector<RedisReply>> readMeasuredTasks(RedisQueue& queue, const MeasuredTasks& measured) {
  const auto count = measured.escapedIds.size();
  if (count == 0) return std::vector<RedisReply>();
  std::vector<std::string_view> values{"HMGET", queue.keys.buriedTasks}, idEntries{"HMGET", queue.keys.ids};
  values.insert(values.end(), measured.escapedIds.begin(), measured.escapedIds.end());
  idEntries.insert(idEntries.end(), measured.escapedIds.begin(), measured.escapedIds.end());
  for (const auto& [i, size] : measured.tooLarge) values[i + 2] = {};
  auto& connection = *queue.connection;
  connection.append(values);
  connection.append(idEntries);
  auto replies = connection.exchange();
  if (!replies) return replies;
  for (const auto& reply : *replies) {
    if (reply.value().isError()) return connection.errorOf(reply.value());
    const RedisExpect expect(connection);
    if (auto fits = expect.texts(reply.value(), count, RedisExpect::Nils::Allowed); !fits) return fits.error();
  }
  return replies;
}

std::vector<std::optional<FoundTask>> buriedTasksIn(const MeasuredTasks& measured,
                                                    std::span<const RedisReply> replies) {
  const auto& ids = measured.escapedIds;
  std::vector<std::optional<FoundTask>> tasks(ids.size());
  if (ids.empty()) return tasks;
  const auto values = replies.front().value(), idEntries = replies.back().value();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!values[i].isNil()) tasks[i] = buriedTask(ids[i], idEntries[i].text(), values[i].text());
  }
  for (const auto& [i, size] : measured.tooLarge)
    tasks[i] = buriedTask(ids[i], idEntries[i].text(), encodeTooLarge(size));
  return tasks;
}

Result<std::vector<FoundTask>> readBuriedTasks(RedisQueue& queue, std::span<const std::string> escapedIds) {
  const auto values = readValues(queue, escapedIds);
  if (!values) return values.error();
  const auto idEntries = readFields(*queue.connection, queue.keys.ids, escapedIds);
  if (!idEntries) return idEntries.error();
  std::vector<FoundTask> found;
  for (std::size_t i = 0; i < escapedIds.size(); ++i) {
    if (const auto& value = (*values)[i]) found.push_back(buriedTask(escapedIds[i], (*idEntries)[i].text, *value));
  }
  return found;
}

Result<std::optional<FoundTask>> readBuriedTask(RedisQueue& queue, const std::string& escapedId,
                                                std::string_view idEntry) {
  const auto values = readValues(queue, std::span(&escapedId, 1));
  if (!values) return values.error();
  if (!values->front()) return std::optional<FoundTask>();
  return std::optional(buriedTask(escapedId, idEntry, *values->front()));
}

}  // namespace leptir::redis
