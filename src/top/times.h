// Times in the few columns that a row has for them.
#pragma once

#include <string>

#include "leptir/clock.h"

namespace leptir::top {

// "12 s ago", "4 min ago", "3 h ago", "2 d ago", "in 5 min"; "-" for 1970, which stands for an unknown time.
std::string relativeTimeText(Time time, Time now);
// "12 s", "4 min", "3 h", "2 d": rounded down.
std::string roundedDurationText(Duration duration);
// "2026-11-23 18:00:00" in UTC; "-" for an unknown time.
std::string dateAndTimeText(Time time);
// "18:00:00" in UTC.
std::string clockText(Time time);

}  // namespace leptir::top
