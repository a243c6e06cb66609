// Formats one line of the log.
#pragma once

#include <string>
#include <string_view>

#include "leptir/clock.h"
#include "leptir/logger.h"

namespace leptir::log {

// The level as PHP leptir writes it, with the number of syslog: "INFO (6)".
std::string_view levelText(LogLevel level);

// `2026-11-23T16:25:49+00:00 INFO (6): message` and a line feed: the format of PHP leptir, in the local time zone. The
// message is escaped (base/escape.h).
std::string formatLogLine(Time time, LogLevel level, std::string_view message);

}  // namespace leptir::log
