#include "log/log_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <iterator>

#include "base/utf8.h"

namespace leptir {
namespace {

std::string_view nameOf(LogLevel level) {
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

void appendTime(std::string& line, Time time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm local{};
  ::localtime_r(&seconds, &local);
  const long minutes = local.tm_gmtoff / 60;
  fmt::format_to(std::back_inserter(line), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{:02}:{:02}", local.tm_year + 1900,
                 local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec, minutes < 0 ? '-' : '+',
                 std::abs(minutes) / 60, std::abs(minutes) % 60);
}

bool isPlain(char c) {
  return c >= 0x20 && c < 0x7f;
}

bool steersTerminal(std::uint32_t codePoint) {
  return codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0) ||  // control characters, C1 included
         codePoint == 0x2028 || codePoint == 0x2029 ||                   // line and paragraph separators
         (codePoint >= 0x202a && codePoint <= 0x202e) ||                 // text direction
         (codePoint >= 0x2066 && codePoint <= 0x2069);
}

void appendEscaped(std::string& line, std::uint32_t codePoint) {
  switch (codePoint) {
    case '\n':
      line += "\\n";
      break;
    case '\r':
      line += "\\r";
      break;
    case '\t':
      line += "\\t";
      break;
    default:
      fmt::format_to(std::back_inserter(line), fmt::runtime(codePoint < 0x80 ? "\\x{:02x}" : "\\u{:04x}"), codePoint);
  }
}

void appendCareful(std::string& line, std::string_view message) {
  while (!message.empty()) {
    const auto [codePoint, bytes] = firstUtf8Character(message);
    if (bytes == 0) {
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", static_cast<unsigned char>(message[0]));
    } else if (steersTerminal(codePoint)) {
      appendEscaped(line, codePoint);
    } else {
      line += message.substr(0, bytes);
    }
    message.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
}

}  // namespace

std::string formatLogLine(Time time, LogLevel level, std::string_view message) {
  std::string line;
  line.reserve(48 + message.size());
  appendTime(line, time);
  line += ' ';
  line += nameOf(level);
  line += ": ";
  if (std::ranges::all_of(message, isPlain)) {
    line += message;
  } else {
    appendCareful(line, message);
  }
  line += '\n';
  return line;
}

}  // namespace leptir
