// Formats a duration for people: rounded, in the unit that fits its size.
#pragma once

#include <string>

#include "leptir/clock.h"

namespace leptir::base {

// "0.35 ms", "600 ms", "5.0 s", "2 min 5 s", "3 h 20 min", "4 d 3 h".
std::string durationText(Duration duration);
// The same for a duration in seconds, which is how task records store it.
std::string durationText(double seconds);

}  // namespace leptir::base
