// How what a session holds goes back into its queue: read first, changed here, then put back by a script that compares.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/redis/redis_queue.h"
#include "leptir/result.h"

namespace leptir {

enum class Reading {
  All,
  AllUnchanged,  // and what is too large to be read, or no lease, stays where it is, instead of being buried
  OneRequest,    // as much as can be given back at once, of a thousand; at least one, if there is one
};

// What this session holds, at most `limit` tasks, the lowest lease numbers first; of a session that holds more than a
// thousand, OneRequest reads any thousand. A task that is too large to be read is not among them, nor is what stands
// there under no lease number.
Result<std::vector<LeasedTask>> readLeased(RedisQueue& queue, std::string_view session, Reading reading,
                                           std::size_t limit = std::numeric_limits<std::size_t>::max());

// Where a task stood, as its envelope says: the score, or empty. For one of which the list of ids says nothing.
std::string placeIn(std::string_view envelope);

struct GivenBack {
  LeasedTask task;
  std::optional<Duration> delay = Duration(0);  // zero: at its old place in the queue; none: it is buried
  std::string reason;                           // of the burial
};

enum class Giver {
  Itself,   // a session that ends itself: it must be open
  Claimer,  // somebody who claimed it
};

enum class SessionState {
  Lost,  // for a session that ends itself: it was claimed; for a claimer: others have ended it
  Open,
  Ended,  // it held nothing more
};

struct GaveBack {
  std::size_t tasks = 0;
  SessionState state = SessionState::Open;
};

Result<GaveBack> giveBack(RedisQueue& queue, std::string_view session, Giver giver, std::span<const GivenBack> tasks);

}  // namespace leptir
