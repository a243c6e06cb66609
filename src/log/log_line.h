// One line of the log as text.
#pragma once

#include <string>
#include <string_view>

#include "leptir/clock.h"
#include "leptir/logger.h"

namespace leptir {

// `2026-11-23T16:25:49+00:00 INFO (6): message` and a line feed: the seed's form, in the local zone. Whatever could
// begin a new line, steer a terminal or turn the direction of text is escaped (`\n`, `\x1b`, `\u202e`), and so are
// bytes that are no UTF-8.
std::string formatLogLine(Time time, LogLevel level, std::string_view message);

}  // namespace leptir
