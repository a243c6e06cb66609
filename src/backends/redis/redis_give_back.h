// Gives the leased tasks of a session back to the queue: they are read first, changed here (counters), then put back by
// a script that skips tasks that have left the session meanwhile.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <vector>

#include "backends/redis/redis_queue.h"
#include "leptir/result.h"

namespace leptir::redis {

enum class Reading {
  All,
  AllReadOnly,  // buries nothing: neither tasks too large to be read nor fields that are no leases
  OneRequest,   // of at most 1000 fields, what fits into one request; at least one task, if there is any
};

// The leased tasks of this session, at most `limit`, the lowest lease numbers first. Of a session with more than a
// thousand, OneRequest reads any thousand. Tasks too large to be read and fields that are no lease numbers are not
// returned.
Result<std::vector<LeasedTask>> readLeased(RedisQueue& queue, std::string_view session, Reading reading,
                                           std::size_t limit = std::numeric_limits<std::size_t>::max());

// All lease numbers of a session, the lowest first; nothing is buried.
Result<std::vector<std::uint64_t>> listLeaseNumbers(RedisQueue& queue, std::string_view session);

struct TaskToGiveBack {
  LeasedTask task;
  Duration delay{};  // zero: due as before its lease
};

enum class GiveBackCaller {
  OpenSession,  // the session closes itself: it must be open
  Claimer,      // another instance, which has claimed the session
};

enum class SessionState {
  Lost,  // to the session itself: it was claimed; to the claimer: another instance has ended it
  Open,
  Ended,  // all its tasks are given back
};

struct GiveBackResult {
  std::size_t tasks = 0;
  SessionState state = SessionState::Open;
};

Result<GiveBackResult> giveBack(RedisQueue& queue, std::string_view session, GiveBackCaller giver,
                                std::span<const TaskToGiveBack> tasks);

}  // namespace leptir::redis
