#include "backends/redis/redis_broker_calls.h"

#include "backends/redis/redis_session_card.h"

namespace leptir::redis::calls {
namespace {

// The names of all sessions of an instance begin with this.
std::string sessionPrefixOf(std::string_view instance) {
  return std::string(instance) + ":";
}

}  // namespace

RedisScriptCall pushTasks(const RedisQueue& queue, std::span<const EncodedTask* const> tasks) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.pushTasks);
  call.keys(keys.queue, keys.ids, keys.buriedTasks, keys.sessions, keys.wake, keys.cancel);
  call.arguments(keys.leasedPrefix, tasks.size());
  call.addEach(tasks, &EncodedTask::escapedId);
  call.addEach(tasks, [](const EncodedTask* task) {
    return task->timeOfExecution ? redisTime(*task->timeOfExecution) : std::string();
  });
  call.addEach(tasks, [](const EncodedTask* task) { return std::string_view(task->envelope); });
  return call;
}

RedisScriptCall countTasks(const RedisQueue& queue) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.countTasks);
  call.keys(keys.queue, keys.sessions, keys.buriedTasks);
  call.arguments(keys.leasedPrefix);
  return call;
}

RedisScriptCall openSession(const RedisQueue& queue, const SessionId& session, const SessionInfo& info,
                            Duration lease) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.openSession);
  call.keys(keys.sessions, keys.epochOf(session.instance), keys.cards);
  call.arguments(sessionPrefixOf(session.instance), session.epoch, RedisKeys::nameOf(session), lease.count(),
                 encodeSessionCard(info));
  return call;
}

RedisScriptCall endSessions(const RedisQueue& queue, std::string_view instance) {
  RedisScriptCall call(queue.scripts.endSessions);
  call.keys(queue.keys.sessions);
  call.arguments(sessionPrefixOf(instance));
  return call;
}

RedisScriptCall tryQueueRights(const RedisQueue& queue, std::string_view unusedName) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.tryQueueRights);
  call.keys(keys.queue, keys.sessions, keys.buried, keys.leftToOthersBy(unusedName), keys.fleetNames, keys.fleetEnds,
            keys.ids, keys.cards, keys.cancel, keys.buriedTasks, keys.leasedBy(unusedName), keys.originalScores,
            keys.fleet, keys.lease, keys.firstMember, keys.fleetVersion, keys.epochOf(unusedName), keys.wake);
  call.arguments(unusedName);
  return call;
}

}  // namespace leptir::redis::calls
