// Column `due` of leptir_tasks: when a task may be leased, in microseconds since 1970. A task that was pushed without a
// time, or went back into the queue to run at once, stays due even if the clock is set back: its `due` is the time at
// which it became due, minus kAtOnceOffset. So one index has these tasks before all others, each kind in the order of
// time.
#pragma once

#include <algorithm>
#include <cstdint>

#include "leptir/spi/broker_task.h"

namespace leptir::sqlite {

inline constexpr std::int64_t kAtOnceOffset = std::int64_t{1} << 61;
// A `due` below this means: due at once.
inline constexpr std::int64_t kAtOnceLimit = -kAtOnceOffset / 2;

inline std::int64_t dueFrom(Time time) {
  return std::clamp(time, Time(-kMaxTimeSpan), Time(kMaxTimeSpan)).time_since_epoch().count();
}
inline std::int64_t dueAtOnce(Time since) {
  return dueFrom(since) - kAtOnceOffset;
}
// `due` of a task that goes back into the queue at `now`, to be leased from `time` on.
inline std::int64_t dueAfterRelease(Time time, Time now) {
  return time <= now ? dueAtOnce(time) : dueFrom(time);
}
inline Time timeOfDue(std::int64_t due) {
  return Time(Duration(due < kAtOnceLimit ? due + kAtOnceOffset : due));
}

}  // namespace leptir::sqlite
