#include "backends/redis/redis_session_calls.h"

#include "backends/redis/redis_buried.h"
#include "backends/redis/redis_give_back.h"
#include "base/task_id.h"
#include "base/utf8.h"
#include "task/envelope_counters.h"

namespace leptir::redis::calls {
namespace {

// How long the task at rank 0 is left to PHP consumers, in µs.
constexpr std::int64_t kFirstTaskLeftToPhpMicroseconds = 200'000;
// The name of who requested a cancellation is read up to this size, since another program may have written any text
// there. The server cuts at any byte, so leptir asks for a few bytes more than it keeps and cuts at a whole character.
constexpr std::size_t kMaxRequesterBytes = 1024, kMaxRequesterBytesRead = kMaxRequesterBytes + 3;

std::uint64_t numberOf(const LeaseId& lease) {
  return lease.number;
}

std::string_view handleOf(const LeaseId& lease) {
  return lease.handle;
}

std::string dueOf(const TaskRelease& task) {
  return task.due ? redisTime(*task.due) : "";
}

std::string envelopeOf(const TaskRelease& task) {
  return task::withCounters(task.envelope, task.counters);
}

std::string originalScoreOf(const TaskRelease& task) {
  return task.due ? "" : scoreFromEnvelope(task.envelope);
}

std::string leftToOthersUntilOf(const TaskRelease& task) {
  return task.leftToOthersUntil ? std::to_string(task.leftToOthersUntil->time_since_epoch().count()) : "";
}

}  // namespace

RedisScriptCall leaseTasks(const RedisQueue& queue, std::string_view session, std::size_t limit) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.leaseTasks);
  call.keys(keys.queue, keys.leasedBy(session), keys.sessions, keys.lease, keys.cancel, keys.ids, keys.buried,
            keys.buriedTasks, keys.leftToOthersBy(session), keys.firstMember, keys.originalScores);
  call.arguments(session, limit, kMaxLeaseBytes, kLargestEnvelopeReply,
                 queue.isSharedWithPhp ? kFirstTaskLeftToPhpMicroseconds : 0);
  return call;
}

RedisScriptCall acknowledgeTasks(const RedisQueue& queue, std::string_view session, std::span<const LeaseId> leases,
                                 HeldLeases holding) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.acknowledgeTasks);
  call.keys(keys.sessions, keys.leasedBy(session), keys.ids, keys.cancel, keys.originalScores);
  call.arguments(session, leases.size(), holding == HeldLeases::All ? "held" : "perhaps");
  call.addEach(leases, numberOf).addEach(leases, handleOf);
  return call;
}

RedisScriptCall renewSession(const RedisQueue& queue, std::string_view session, std::span<const LeaseId> held,
                             Duration lease) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.renewSession);
  call.keys(keys.sessions, keys.leasedBy(session), keys.cancel);
  call.arguments(session, lease.count(), held.size());
  call.addEach(held, numberOf).addEach(held, handleOf);
  call.arguments(kMaxRequesterBytesRead);
  return call;
}

RedisScriptCall releaseTasks(const RedisQueue& queue, std::string_view session, std::span<const TaskRelease> tasks) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.releaseTasks);
  call.keys(keys.sessions, keys.leasedBy(session), keys.queue, keys.ids, keys.wake, keys.leftToOthersBy(session),
            keys.originalScores);
  call.arguments(session, tasks.size(), kMaxTasksLeftToOthers);
  call.addEach(tasks, [](const TaskRelease& task) { return task.lease.number; });
  call.addEach(tasks, dueOf).addEach(tasks, envelopeOf);
  call.addEach(tasks, [](const TaskRelease& task) { return std::string_view(task.lease.handle); });
  call.addEach(tasks, originalScoreOf).addEach(tasks, leftToOthersUntilOf);
  return call;
}

RedisScriptCall buryTasks(const RedisQueue& queue, std::string_view session, std::span<const TaskBurial> tasks) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.buryTasks);
  call.keys(keys.sessions, keys.leasedBy(session), keys.ids, keys.cancel, keys.buried, keys.buriedTasks,
            keys.originalScores);
  call.arguments(session, tasks.size());
  call.addEach(tasks, [](const TaskBurial& task) { return task.lease.number; });
  call.addEach(tasks, [](const TaskBurial& task) { return std::string_view(task.lease.handle); });
  call.addEach(tasks, [](const TaskBurial&) { return base::makeTaskId(systemClock()); });
  call.addEach(tasks, [](const TaskBurial& task) { return encodeBuried({task.counters, task.reason, task.envelope}); });
  return call;
}

RedisScriptCall cancelRequestsOf(const RedisQueue& queue, std::span<const LeasedTask> tasks) {
  RedisScriptCall call(queue.scripts.cancelRequestsOf);
  call.keys(queue.keys.cancel);
  call.arguments(kMaxRequesterBytesRead);
  call.addEach(tasks, [](const LeasedTask& task) { return std::string_view(task.lease.handle); });
  return call;
}

std::string requesterIn(RedisValue reply) {
  return std::string(base::utf8Prefix(reply.text(), kMaxRequesterBytes));
}

}  // namespace leptir::redis::calls
