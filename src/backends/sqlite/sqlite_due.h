// Column `due` of leptir_tasks: when a task may be leased, in microseconds since 1970. A task that was pushed without a
// time, or went back to run at once, is due whatever the clock says later (it may fall back): its `due` stands kAtOnce
// below the time at which it became due. So all of these lie below all others, each kind in the order of time, in one
// index.
#pragma once

#include <algorithm>
#include <cstdint>

#include "leptir/broker_task.h"

namespace leptir {

inline constexpr std::int64_t kAtOnce = std::int64_t{1} << 61;
// What is below this is due at once. Statements and tables name both numbers.
inline constexpr std::int64_t kAtOnceBelow = -kAtOnce / 2;
static_assert(kAtOnce == 2305843009213693952 && kAtOnceBelow == -1152921504606846976);

inline std::int64_t dueFrom(Time time) {
  return std::clamp(time, Time(-kFarthest), Time(kFarthest)).time_since_epoch().count();
}
inline std::int64_t dueAtOnce(Time since) {
  return dueFrom(since) - kAtOnce;
}
// Of a task that goes back into the queue at `now`.
inline std::int64_t dueAgain(Time time, Time now) {
  return time <= now ? dueAtOnce(time) : dueFrom(time);
}
inline Time timeOfDue(std::int64_t due) {
  return Time(Duration(due < kAtOnceBelow ? due + kAtOnce : due));
}

}  // namespace leptir
