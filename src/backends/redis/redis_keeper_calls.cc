#include "backends/redis/redis_keeper_calls.h"

namespace leptir::redis::calls {
namespace {

// Members that one step of a search among the members of one score visits.
constexpr std::size_t kMembersAtOnce = 1000;
// leptir's own session cards have some hundred bytes.
constexpr std::size_t kMaxCardBytes = 4096;

}  // namespace

RedisScriptCall removeWaiting(const RedisQueue& queue, std::string_view member, std::string_view escapedId) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.removeWaiting);
  call.keys(keys.queue, keys.ids, keys.cancel);
  call.arguments(member, escapedId);
  return call;
}

RedisScriptCall removeBuried(const RedisQueue& queue, std::string_view escapedId) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.removeBuried);
  call.keys(keys.buried, keys.buriedTasks, keys.ids);
  call.arguments(escapedId);
  return call;
}

RedisScriptCall requestCancel(const RedisQueue& queue, std::string_view leasedKey, std::string_view leaseNumber,
                              std::string_view escapedId, std::string_view by) {
  RedisScriptCall call(queue.scripts.requestCancel);
  call.keys(leasedKey, queue.keys.cancel);
  call.arguments(leaseNumber, escapedId, by);
  return call;
}

RedisScriptCall scanQueue(const RedisQueue& queue, std::string_view cursor, std::int64_t buckets,
                          std::string_view askedId, std::string_view escapedId) {
  RedisScriptCall call(queue.scripts.scanQueue);
  call.keys(queue.keys.queue);
  call.arguments(cursor, buckets, askedId, escapedId, kLargestEnvelopeReply);
  return call;
}

RedisScriptCall scanScore(const RedisQueue& queue, std::string_view score, std::string_view first) {
  RedisScriptCall call(queue.scripts.scanScore);
  call.keys(queue.keys.queue);
  call.arguments(score, first, kMembersAtOnce, kMaxReplyBytes, kLargestEnvelopeReply);
  return call;
}

RedisScriptCall reviveTasks(const RedisQueue& queue, std::span<const BuriedTaskToRevive> tasks) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.reviveTasks);
  call.keys(keys.queue, keys.ids, keys.buried, keys.buriedTasks, keys.wake);
  call.arguments(tasks.size());
  call.addEach(tasks, &BuriedTaskToRevive::escapedId).addEach(tasks, &BuriedTaskToRevive::valueHead);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const auto& task = tasks[i];
    if (!task.envelopeHead.empty() || !task.idEntryPrefix.empty())
      call.arguments(i + 1, task.envelopeHead, task.idEntryPrefix);
  }
  return call;
}

RedisScriptCall listSessionNames(const RedisQueue& queue, WhichSessions which) {
  RedisScriptCall call(queue.scripts.listSessionNames);
  call.keys(queue.keys.sessions);
  call.arguments(which == WhichSessions::Open ? "0" : "-inf", RedisKeys::kMaxSessionNameBytes);
  return call;
}

RedisScriptCall describeSessions(const RedisQueue& queue, std::span<const std::string> names) {
  const auto& keys = queue.keys;
  RedisScriptCall call(queue.scripts.describeSessions);
  call.keys(keys.sessions, keys.cards);
  call.arguments(keys.leasedPrefix, kMaxCardBytes);
  call.addEach(names, [](const std::string& name) { return std::string_view(name); });
  return call;
}

}  // namespace leptir::redis::calls
