#include "backends/redis/redis_scripts.h"

#include <string>

#include "backends/redis/redis_script_texts.h"

namespace leptir::redis {
namespace {

bool hasFlags(int version) {
  return version >= 70000;
}

// A script that adds data: the server refuses it while memory is short.
RedisScript refusedWhenFull(int version, std::string_view text) {
  return RedisScript(std::string(hasFlags(version) ? "#!lua\n" : "").append(text));
}

// A script that must run on a full server too, so that the queue can drain. Redis 7 has a flag for that. On older
// servers a first write that needs no memory (here DEL of a key that does not exist) lets the rest of the script write
// as well.
RedisScript allowedWhenFull(int version, std::string_view text) {
  const auto* const permit =
      hasFlags(version) ? "#!lua flags=allow-oom\n" : "redis.call('DEL', KEYS[#KEYS] .. ':none')\n";
  return RedisScript(std::string(permit).append(text));
}

}  // namespace

RedisScripts::RedisScripts(int version)
    : pushTasks(refusedWhenFull(version, lua::kPushTasks)),
      openSession(allowedWhenFull(version, lua::kOpenSession)),
      leaseTasks(allowedWhenFull(version, lua::kLeaseTasks)),
      renewSession(allowedWhenFull(version, lua::kRenewSession)),
      acknowledgeTasks(allowedWhenFull(version, lua::kAcknowledgeTasks)),
      releaseTasks(allowedWhenFull(version, lua::kReleaseTasks)),
      buryTasks(allowedWhenFull(version, lua::kBuryTasks)),
      giveBackTasks(allowedWhenFull(version, lua::kGiveBackTasks)),
      endSessions(allowedWhenFull(version, lua::kEndSessions)),
      claimSessions(allowedWhenFull(version, lua::kClaimSessions)),
      listSessionNames(allowedWhenFull(version, lua::kListSessionNames)),
      describeSessions(allowedWhenFull(version, lua::kDescribeSessions)),
      cancelRequestsOf(allowedWhenFull(version, lua::kCancelRequestsOf)),
      countTasks(allowedWhenFull(version, lua::kCountTasks)),
      removeWaiting(allowedWhenFull(version, lua::kRemoveWaiting)),
      removeBuried(allowedWhenFull(version, lua::kRemoveBuried)),
      listLeaseNumbers(allowedWhenFull(version, lua::kListLeaseNumbers)),
      buryTooLarge(allowedWhenFull(version, lua::kBuryTooLarge)),
      scanQueue(allowedWhenFull(version, lua::kScanQueue)),
      scanScore(allowedWhenFull(version, lua::kScanScore)),
      requestCancel(allowedWhenFull(version, lua::kRequestCancel)),
      reviveTasks(allowedWhenFull(version, lua::kReviveTasks)),
      listMembers(allowedWhenFull(version, lua::kListMembers)),
      earliestDue(allowedWhenFull(version, lua::kEarliestDue)),
      soleMembersAtScores(allowedWhenFull(version, lua::kMembersAtScores)),
      removeTasks(allowedWhenFull(version, lua::kRemoveTasks)),
      removeBuriedTasks(allowedWhenFull(version, lua::kRemoveBuriedTasks)),
      rescheduleTasks(allowedWhenFull(version, lua::kRescheduleTasks)),
      fleetPut(allowedWhenFull(version, lua::kFleetPut)),
      fleetErase(allowedWhenFull(version, lua::kFleetErase)),
      fleetGet(allowedWhenFull(version, lua::kFleetGet)),
      fleetList(allowedWhenFull(version, lua::kFleetList)),
      tryQueueRights(refusedWhenFull(version, lua::kTryQueueRights)) {}

}  // namespace leptir::redis
