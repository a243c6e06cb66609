#include "log/log_line.h"

#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <iterator>

#include "base/escape.h"

namespace leptir::log {
namespace {

void appendTime(std::string& line, Time time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm local{};
  ::localtime_r(&seconds, &local);
  const long minutes = local.tm_gmtoff / 60;
  fmt::format_to(std::back_inserter(line), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{:02}:{:02}", local.tm_year + 1900,
                 local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec, minutes < 0 ? '-' : '+',
                 std::abs(minutes) / 60, std::abs(minutes) % 60);
}

}  // namespace

std::string_view levelText(LogLevel level) {
  switch (level) {
    case LogLevel::Error:
      return "ERR (3)";
    case LogLevel::Warning:
      return "WARN (4)";
    case LogLevel::Info:
      return "INFO (6)";
    case LogLevel::Debug:
      return "DEBUG (7)";
  }
  return "?";
}

std::string formatLogLine(Time time, LogLevel level, std::string_view message) {
  std::string line;
  line.reserve(48 + message.size());
  appendTime(line, time);
  line += ' ';
  line += levelText(level);
  line += ": ";
  base::appendEscaped(line, message);
  line += '\n';
  return line;
}

}  // namespace leptir::log
