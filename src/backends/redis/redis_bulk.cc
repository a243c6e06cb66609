#include "backends/redis/redis_bulk.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "backends/redis/redis_buried.h"
#include "backends/redis/redis_buried_tasks.h"
#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_keeper_calls.h"
#include "backends/redis/redis_stored_values.h"
#include "backends/redis/redis_task_locator.h"
#include "backends/redis/redis_waiting_search.h"
#include "leptir/spi/task_keeper.h"
#include "task/envelope_counters.h"

namespace leptir::redis {
namespace {

std::vector<std::string> distinctEscaped(std::span<const std::string> ids) {
  std::vector<std::string> escaped;
  std::unordered_set<std::string_view> seen;
  for (const auto& id : ids) {
    if (seen.insert(id).second) escaped.push_back(task::escapedId(id));
  }
  return escaped;
}

// Of a value "head envelope", where `head` has the counters and the reason (redis_buried.h).
calls::BuriedTaskToRevive taskToRevive(std::string escapedId, std::string head, std::string_view envelope) {
  const auto idEntryPrefix = task::escapedIdIn(envelope).empty() ? kNoIdEntryPrefix : std::string_view();
  if (!task::mayHaveCounters(envelope)) return {std::move(escapedId), std::move(head), {}, idEntryPrefix};
  auto fresh = task::withCounters(envelope, {});
  const auto ends = std::mismatch(envelope.rbegin(), envelope.rend(), fresh.rbegin(), fresh.rend());
  head.append(envelope.begin(), ends.first.base());
  fresh.resize(static_cast<std::size_t>(ends.second.base() - fresh.begin()));
  return {std::move(escapedId), std::move(head), std::move(fresh), idEntryPrefix};
}

calls::BuriedTaskToRevive taskToRevive(const std::string& escapedId, std::string_view value) {
  const auto envelope = decodeBuried(value).envelope;
  return taskToRevive(escapedId, std::string(value.substr(0, value.size() - envelope.size())), envelope);
}

}  // namespace

void RedisBulk::remember(std::span<const FoundTask> listed) {
  members_.clear();
  buriedValues_.clear();
  for (const auto& task : listed) {
    if (task.state == TaskState::Leased || task.id.empty()) continue;
    if (task.state == TaskState::Buried) {
      auto head = encodeBuried({task.counters, task.reason, {}});
      const auto bytes = head.size() + task.envelope.size();
      buriedValues_.emplace(
          task.id, ListedBuriedTask{taskToRevive(task::escapedId(task.id), std::move(head), task.envelope), bytes});
    } else {
      members_.emplace(task::escapedId(task.id), task.envelope);
    }
  }
}

Result<std::size_t> RedisBulk::removeMany(std::span<const std::string> ids) {
  const auto escaped = distinctEscaped(ids);
  std::set<std::string> others;
  const auto buried = removeBuried(escaped, others);
  if (!buried) return buried.error();
  const auto waiting = changeWaiting(others, [this](auto tasks) { return calls::removeTasks(queue_, tasks); });
  if (!waiting) return waiting.error();
  return *buried + *waiting;
}

Result<std::size_t> RedisBulk::reschedule(std::span<const std::string> ids, std::optional<Time> due) {
  const auto escaped = distinctEscaped(ids);
  return changeWaiting({escaped.begin(), escaped.end()},
                       [this, due](auto tasks) { return calls::rescheduleTasks(queue_, tasks, due); });
}

// --- buried tasks

// `others` gets the ids of tasks that are not buried.
Result<std::size_t> RedisBulk::removeBuried(std::span<const std::string> escapedIds, std::set<std::string>& others) {
  const RedisExpect expect(connection_);
  std::size_t removed = 0;
  for (auto left = escapedIds; !left.empty();) {
    const auto first = left.first(std::min(left.size(), kMaxTasksPerChange));
    const auto reply = runScript(connection_, calls::removeBuriedTasks(queue_, first));
    if (!reply) return reply.error();
    if (auto fits = expect.list(reply->value(), 2); !fits) return fits.error();
    const auto visited = expect.integer(reply->value()[0], 1, static_cast<std::int64_t>(first.size()));
    if (!visited) return visited.error();
    const auto missing = expect.positions(reply->value()[1], first.size());
    if (!missing) return missing.error();
    for (const auto i : *missing) others.insert(first[i]);
    removed += static_cast<std::size_t>(*visited) - std::min(missing->size(), static_cast<std::size_t>(*visited));
    left = left.subspan(static_cast<std::size_t>(*visited));
  }
  return removed;
}

// Revives first the listed tasks by their remembered values, then the others by the values stored now.
Result<std::size_t> RedisBulk::revive(std::span<const std::string> ids) {
  TaskBatch<calls::BuriedTaskToRevive> batch(connection_,
                                             [this](auto tasks) { return calls::reviveTasks(queue_, tasks); });
  std::vector<std::string> others;
  std::unordered_set<std::string_view> seen;
  for (const auto& id : ids) {
    if (!seen.insert(id).second) continue;
    auto listed = buriedValues_.extract(id);  // a revival ends what is known of it
    if (listed.empty()) {
      others.push_back(task::escapedId(id));
    } else if (auto added = batch.add(std::move(listed.mapped().task), listed.mapped().bytes); !added) {
      return added.error();
    }
  }
  if (auto done = batch.flush(); !done) return done.error();
  for (const auto& id : batch.takeMoved()) others.push_back(id);
  if (auto revived = readAndRevive(batch, others); !revived) return revived.error();
  return batch.changed();
}

// A task too large to be read stays buried: a lease would bury it again.
Result<void> RedisBulk::readAndRevive(TaskBatch<calls::BuriedTaskToRevive>& batch,
                                      std::span<const std::string> escapedIds) {
  for (auto left = escapedIds; !left.empty();) {
    const auto values = readFirstFields(connection_, queue_.keys.buriedTasks, left, kMaxChangeBytes);
    if (!values) return values.error();
    for (std::size_t i = 0; i < values->size(); ++i) {
      const auto& value = (*values)[i];
      if (!value.isText()) continue;
      if (auto added = batch.add(taskToRevive(left[i], value.text), value.size); !added) return added;
    }
    left = left.subspan(values->size());
  }
  return batch.flush();
}

// --- waiting tasks

// Changes first the listed tasks by their remembered members; then tasks that have moved since, and tasks that were not
// listed, by their scores in `ids`; last the tasks without a known score, which other programs may have pushed.
Result<std::size_t> RedisBulk::changeWaiting(const std::set<std::string>& escapedIds, const Change& change) {
  WaitingBatch batch(connection_, change);
  std::set<std::string> others, unknown;
  for (const auto& id : escapedIds) {
    const auto member = members_.find(id);
    if (member == members_.end()) {
      others.insert(id);
    } else if (auto added = batch.add({id, member->second}, member->second.size()); !added) {
      return added.error();
    }
  }
  if (auto done = batch.flush(); !done) return done.error();
  RedisWaitingSearch search(queue_, batch);
  const auto moved = batch.takeMoved();
  if (auto searched = search.searchKnown(moved, unknown, kMaxVisitsForMovedTasks); !searched) return searched.error();
  unknown.clear();
  if (auto searched = search.searchKnown(others, unknown, kUnlimitedVisits); !searched) return searched.error();
  if (auto searched = search.searchQueue(std::move(unknown)); !searched) return searched.error();
  if (auto done = batch.flush(); !done) return done.error();
  return batch.changed();
}

}  // namespace leptir::redis
