// Times as commands show them.
#pragma once

#include <string>
#include <string_view>

#include "leptir/clock.h"

namespace leptir::cli {

// "2026-11-23 18:00:00", in UTC; "-" for 1970, which stands for an unknown time.
std::string absoluteTime(Time time);
// "3 min 5 s ago", "in 2 h 0 min"; "-" for an unknown time.
std::string relativeTime(Time time, Time now);
// "2026-11-23 18:00:00 UTC (3 min 5 s ago)"
std::string wholeTime(Time time, Time now);

}  // namespace leptir::cli
