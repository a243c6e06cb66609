// The Lua scripts of a queue: each does what must happen in one atomic step on the server. They treat envelopes as
// opaque bytes and handle a whole batch for each call. Lists are passed as blocks (all lease numbers, then all
// envelopes, …). A script checks all its keys before it writes, since a script that fails keeps what it wrote. What a
// script does and replies stands at the top of its file in the folder scripts.
#pragma once

#include "backends/redis/redis_script.h"

namespace leptir::redis {

struct RedisScripts {
  // `version` as redisVersion(): Redis 7 and older servers differ in how a script says that it must run when memory is
  // short.
  explicit RedisScripts(int version);

  // A script of a session returns this, having done nothing, when the session was claimed or closed.
  static constexpr std::int64_t kSessionLost = -1;

  RedisScript pushTasks;
  RedisScript openSession;
  RedisScript leaseTasks;
  RedisScript renewSession;
  RedisScript acknowledgeTasks;
  RedisScript releaseTasks;
  RedisScript buryTasks;
  RedisScript giveBackTasks;
  RedisScript endSessions;
  RedisScript claimSessions;
  RedisScript listSessionNames;
  RedisScript describeSessions;
  RedisScript cancelRequestsOf;
  RedisScript countTasks;
  RedisScript removeWaiting;
  RedisScript removeBuried;
  RedisScript listLeaseNumbers;
  RedisScript buryTooLarge;
  RedisScript scanQueue;
  RedisScript scanScore;
  RedisScript requestCancel;
  RedisScript reviveTasks;
  RedisScript listMembers;
  RedisScript earliestDue;
  RedisScript soleMembersAtScores;
  RedisScript removeTasks;
  RedisScript removeBuriedTasks;
  RedisScript rescheduleTasks;
  RedisScript fleetPut;
  RedisScript fleetErase;
  RedisScript fleetGet;
  RedisScript fleetList;
  RedisScript tryQueueRights;
};

}  // namespace leptir::redis
