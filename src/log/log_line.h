// One line of the log as text.
#pragma once

#include <string>
#include <string_view>

#include "leptir/clock.h"
#include "leptir/logger.h"

namespace leptir {

// `2026-11-23T16:25:49+00:00 INFO (6): message` and a line feed: PHP leptir's form, in the local zone, the message
// escaped (see base/escape.h).
std::string formatLogLine(Time time, LogLevel level, std::string_view message);

}  // namespace leptir
