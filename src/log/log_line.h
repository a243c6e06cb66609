// Formats one line of the log.
#pragma once

#include <string>
#include <string_view>

#include "leptir/clock.h"
#include "leptir/logger.h"

namespace leptir::log {

// The level as PHP leptir writes it, with the number of syslog: "INFO (6)".
std::string_view levelText(LogLevel level);

// What one line says.
struct LogEntry {
  Time time{};
  LogLevel level = LogLevel::Info;
  std::string_view message{};
  LogTask task{};                 // id empty: the line is about no task
  std::string_view textPrefix{};  // in front of the message, in a line of text only
};

// `2026-11-23T16:25:49+00:00 INFO (6): message` and a line feed: the format of PHP leptir, in the local time zone. The
// message is escaped (base/escape.h).
std::string formatTextLine(const LogEntry& entry);

// The fields of a JSON line that name the instance and the process, each behind a comma. Empty texts are left out.
std::string sourceFields(std::string_view instance, std::string_view process);
// One JSON object and a line feed, valid whatever bytes the message has. `source`: of sourceFields.
std::string formatJsonLine(const LogEntry& entry, std::string_view source);

std::string formatLine(LogFormat format, const LogEntry& entry, std::string_view source);

}  // namespace leptir::log
