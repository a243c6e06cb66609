#include "backends/redis/redis_buried_tasks.h"

#include <limits>
#include <map>

#include "backends/redis/redis_buried.h"
#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_list_calls.h"
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

// How many tasks may be read together, and the sizes of those among them that are too large.
struct MeasuredTasks {
  std::size_t visited = 0;
  std::map<std::size_t, std::size_t> tooLarge{};  // by position
};

Result<MeasuredTasks> measureSizes(RedisQueue& queue, std::span<const std::string> escapedIds, std::size_t mostBytes) {
  const auto reply = runScript(*queue.connection, calls::measureBuried(queue, escapedIds, mostBytes));
  if (!reply) return reply.error();
  const RedisExpect expect(*queue.connection);
  if (auto fits = expect.list(reply->value(), 2); !fits) return fits.error();
  const auto visited = expect.integer(reply->value()[0], 1, static_cast<std::int64_t>(escapedIds.size()));
  if (!visited) return visited.error();
  MeasuredTasks measured{.visited = static_cast<std::size_t>(*visited)};
  const auto pairs = reply->value()[1];
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    const auto position = expect.integer(pairs[i], 1, *visited);
    const auto size = expect.integer(pairs[i + 1], 0, std::numeric_limits<std::int64_t>::max());
    if (!position || !size) return position ? size.error() : position.error();
    measured.tooLarge.emplace(static_cast<std::size_t>(*position) - 1, static_cast<std::size_t>(*size));
  }
  return measured;
}

// Two lists as long as `escapedIds`. In place of a value that is too large stands that of an empty id, which no task
// has.
Result<std::vector<RedisReply>> readValuesAndIdEntries(RedisQueue& queue, std::span<const std::string> escapedIds,
                                                       const std::map<std::size_t, std::size_t>& tooLarge) {
  std::vector<std::string_view> values{"HMGET", queue.keys.buriedTasks}, idEntries{"HMGET", queue.keys.ids};
  for (std::size_t i = 0; i < escapedIds.size(); ++i) {
    values.push_back(tooLarge.contains(i) ? std::string_view() : escapedIds[i]);
    idEntries.emplace_back(escapedIds[i]);
  }
  auto& connection = *queue.connection;
  connection.append(values);
  connection.append(idEntries);
  auto replies = connection.exchange();
  if (!replies) return replies;
  for (const auto& reply : *replies) {
    if (reply.value().isError()) return connection.errorOf(reply.value());
    const RedisExpect expect(connection);
    if (auto fits = expect.texts(reply.value(), escapedIds.size(), RedisExpect::Nils::Allowed); !fits)
      return fits.error();
  }
  return replies;
}

}  // namespace

Result<std::vector<std::optional<FoundTask>>> readFirstBuriedTasks(RedisQueue& queue,
                                                                   std::span<const std::string> escapedIds,
                                                                   std::size_t mostBytes) {
  if (escapedIds.empty()) return std::vector<std::optional<FoundTask>>();
  const auto measured = measureSizes(queue, escapedIds, mostBytes);
  if (!measured) return measured.error();
  const auto visited = escapedIds.first(measured->visited);
  const auto replies = readValuesAndIdEntries(queue, visited, measured->tooLarge);
  if (!replies) return replies.error();
  const auto values = replies->front().value(), idEntries = replies->back().value();
  std::vector<std::optional<FoundTask>> tasks(visited.size());
  for (std::size_t i = 0; i < visited.size(); ++i) {
    const auto large = measured->tooLarge.find(i);
    const bool isRead = large == measured->tooLarge.end();
    if (isRead && values[i].isNil()) continue;
    const auto text = isRead ? std::string(values[i].text()) : encodeTooLarge(large->second);
    tasks[i] = buriedTask(visited[i], idEntries[i].text(), text);
  }
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
