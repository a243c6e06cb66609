// The log of a run as text, as it stands in a record: lines of the form `<Unix seconds with six decimals> <level>
// <text>`, each with its line feed. Where lines were left out, one line says how many, and how many bytes they had:
// `<time of the next line> left-out <lines> <bytes>`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "leptir/clock.h"
#include "leptir/logger.h"
#include "leptir/operations/task_log.h"

namespace leptir::task {

// The largest log of a run, in bytes: with the times and levels, without JSON's escapes.
inline constexpr std::size_t kMaxLogBytes = std::size_t{64} << 10;

// error, warning, info, debug
std::string_view wordOf(LogLevel level);

// Calls `take` with each line of a message, as it stands in the log. A message of several lines becomes several lines
// of the log, and so does a line of more than 8 KiB. Bytes that are not UTF-8 are written as `\xff`.
void forEachLogLine(Time time, LogLevel level, std::string_view message,
                    const std::function<void(std::string_view line)>& take);

// The log whose beginning and end are given, with what was left out between them.
std::string joinLogText(std::string_view first, std::uint64_t leftOutLines, std::uint64_t leftOutBytes,
                        std::string_view last);

// Shortens a log to `maxBytes` by leaving out its oldest lines, and says so in its first line. That line (some 50
// bytes) stays also where `maxBytes` has no room for it, so that a log that is gone differs from a run that logged
// nothing.
std::string newestLogLines(std::string_view text, std::size_t maxBytes);

// Adds the lines of the text to `log`. Any program may have written the text: a line of another form is left out, and
// each line is valid UTF-8 afterwards.
void readLogText(std::string_view text, TaskLog& log);
// How many lines the text has, without those that were left out.
std::size_t countLogLines(std::string_view text);

}  // namespace leptir::task
