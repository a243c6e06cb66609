// A duration for people: rounded, in the unit that fits.
#pragma once

#include <string>

#include "leptir/clock.h"

namespace leptir {

// "0.35 ms", "600 ms", "5.0 s", "2 min 5 s", "3 h 20 min", "4 d 3 h".
std::string durationText(Duration duration);
// The same of a number of seconds, as records have it.
std::string durationText(double seconds);

}  // namespace leptir
