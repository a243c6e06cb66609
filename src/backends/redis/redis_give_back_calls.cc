#include "backends/redis/redis_give_back_calls.h"

#include "task/envelope_counters.h"

namespace leptir::redis::calls {
namespace {

// How many fields one run of listLeaseNumbers returns at most, and how many other fields it buries.
constexpr std::size_t kMaxFieldsAtOnce = 1000;

std::string scoreOf(const TaskToGiveBack& given) {
  return scoreFromEnvelope(given.task.envelope);
}

std::string newEnvelopeOf(const TaskToGiveBack& given) {
  return task::withCounters(given.task.envelope, given.task.counters);
}

}  // namespace

RedisScriptCall claimSessions(const RedisQueue& queue, const std::set<std::string>& ownInstances) {
  RedisScriptCall call(queue.scripts.claimSessions);
  call.keys(queue.keys.sessions);
  call.arguments(RedisKeys::kMaxSessionNameBytes);
  call.addEach(ownInstances, [](const std::string& instance) { return std::string_view(instance); });
  return call;
}

RedisScriptCall giveBackTasks(const RedisQueue& queue, std::string_view session, GiveBackCaller giver,
                              std::span<const TaskToGiveBack> tasks) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.giveBackTasks);
  call.keys(keys.sessions, keys.leasedBy(session), keys.queue, keys.ids, keys.wake, keys.cards, keys.originalScores);
  call.arguments(session, giver == GiveBackCaller::Claimer ? "claimed" : "open", tasks.size());
  call.addEach(tasks, [](const TaskToGiveBack& given) { return given.task.lease.number; });
  call.addEach(tasks, [](const TaskToGiveBack& given) { return given.delay.count(); });
  call.addEach(tasks, scoreOf).addEach(tasks, newEnvelopeOf);
  call.addEach(tasks, [](const TaskToGiveBack& given) { return std::string_view(given.task.lease.handle); });
  return call;
}

RedisScriptCall listLeaseNumbers(const RedisQueue& queue, std::string_view leasedKey, std::string_view cursor,
                                 OtherFields others, std::int64_t step) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.listLeaseNumbers);
  call.keys(leasedKey, keys.ids, keys.buried, keys.buriedTasks);
  call.arguments(cursor, kMaxFieldsAtOnce, others == OtherFields::Bury ? "bury" : "leave", step);
  return call;
}

RedisScriptCall buryTooLarge(const RedisQueue& queue, std::string_view leasedKey, std::string_view leaseNumber) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.buryTooLarge);
  call.keys(leasedKey, keys.ids, keys.buried, keys.buriedTasks);
  call.arguments(kLargestEnvelopeReply, leaseNumber);
  return call;
}

}  // namespace leptir::redis::calls
