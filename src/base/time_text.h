// Formats a time for messages: RFC 3339 in UTC.
#pragma once

#include <string>

#include "leptir/clock.h"

namespace leptir::base {

// "2026-11-23T18:00:00Z"; with its fraction, if it has one: "2026-11-23T18:00:00.25Z". `push --at` reads it back. Years
// beyond 9999 have more digits, and years before 0 a minus sign.
std::string timeText(Time time);

}  // namespace leptir::base
