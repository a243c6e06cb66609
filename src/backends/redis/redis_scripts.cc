#include "backends/redis/redis_scripts.h"

#include <string>

#include "backends/redis/redis_script_texts.h"

namespace leptir::redis {
namespace {

bool hasFlags(int version) {
  return version >= 70000;
}

// A script that adds data: the server refuses it while memory is short.
RedisScript growing(int version, std::string_view text) {
  return RedisScript(std::string(hasFlags(version) ? "#!lua\n" : "").append(text));
}

// A script that must run on a full server too, so that the queue can drain. Redis 7 has a flag for that. On older
// servers a first write that needs no memory (here DEL of a key that does not exist) lets the rest of the script write
// as well.
RedisScript draining(int version, std::string_view text) {
  const auto* const permit =
      hasFlags(version) ? "#!lua flags=allow-oom\n" : "redis.call('DEL', KEYS[#KEYS] .. ':none')\n";
  return RedisScript(std::string(permit).append(text));
}

}  // namespace

RedisScripts::RedisScripts(int version)
    : pushTasks(growing(version, lua::kPushTasks)),
      openSession(draining(version, lua::kOpenSession)),
      leaseTasks(draining(version, lua::kLeaseTasks)),
      renewSession(draining(version, lua::kRenewSession)),
      acknowledgeTasks(draining(version, lua::kAcknowledgeTasks)),
      releaseTasks(draining(version, lua::kReleaseTasks)),
      buryTasks(draining(version, lua::kBuryTasks)),
      giveBackTasks(draining(version, lua::kGiveBackTasks)),
      endSessions(draining(version, lua::kEndSessions)),
      claimSessions(draining(version, lua::kClaimSessions)),
      listSessionNames(draining(version, lua::kListSessionNames)),
      describeSessions(draining(version, lua::kDescribeSessions)),
      cancelRequestsOf(draining(version, lua::kCancelRequestsOf)),
      countTasks(draining(version, lua::kCountTasks)),
      removeWaiting(draining(version, lua::kRemoveWaiting)),
      removeBuried(draining(version, lua::kRemoveBuried)),
      listLeaseNumbers(draining(version, lua::kListLeaseNumbers)),
      buryTooLarge(draining(version, lua::kBuryTooLarge)),
      scanQueue(draining(version, lua::kScanQueue)),
      scanScore(draining(version, lua::kScanScore)),
      requestCancel(draining(version, lua::kRequestCancel)),
      reviveTasks(draining(version, lua::kReviveTasks)),
      listMembers(draining(version, lua::kListMembers)),
      earliestDue(draining(version, lua::kEarliestDue)),
      membersAtScores(draining(version, lua::kMembersAtScores)),
      removeTasks(draining(version, lua::kRemoveTasks)),
      removeBuriedTasks(draining(version, lua::kRemoveBuriedTasks)),
      rescheduleTasks(draining(version, lua::kRescheduleTasks)),
      fleetPut(draining(version, lua::kFleetPut)),
      fleetErase(draining(version, lua::kFleetErase)),
      fleetGet(draining(version, lua::kFleetGet)),
      fleetList(draining(version, lua::kFleetList)),
      tryQueueRights(growing(version, lua::kTryQueueRights)) {}

}  // namespace leptir::redis
