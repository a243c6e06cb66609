#include "log/log_line.h"

#include <fmt/format.h>

#include <cstdlib>
#include <ctime>

#include "base/escape.h"

namespace leptir::log {
namespace {

using namespace std::string_view_literals;

// A second in the local time zone: "2026-11-23T16:25:49" and "+00:00".
struct LocalSecond {
  std::chrono::sys_seconds second = std::chrono::sys_seconds::min();
  std::string text{}, offset{};
};

LocalSecond formatLocalSecond(std::chrono::sys_seconds second) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(second);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  const long minutes = local.tm_gmtoff / 60;
  return {
      .second = second,
      .text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
                          local.tm_hour, local.tm_min, local.tm_sec),
      .offset = fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', std::abs(minutes) / 60, std::abs(minutes) % 60)};
}

// A thread that logs thousands of lines in a second formats the second once.
const LocalSecond& cachedLocalSecond(Time time) {
  static thread_local LocalSecond last;
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  if (second != last.second) last = formatLocalSecond(second);
  return last;
}

// ".000042"
void appendMicroseconds(std::string& line, Time time) {
  auto microseconds = (time - std::chrono::floor<std::chrono::seconds>(time)).count();
  char digits[] = ".000000";
  for (int at = 6; at > 0; --at, microseconds /= 10) digits[at] = static_cast<char>('0' + microseconds % 10);
  line.append(digits, sizeof digits - 1);
}

// Ends the field of the time. With the word that configurations have for the level.
std::string_view levelField(LogLevel level) {
  switch (level) {
    case LogLevel::Error:
      return R"(","level":"error")";
    case LogLevel::Warning:
      return R"(","level":"warning")";
    case LogLevel::Info:
      return R"(","level":"info")";
    case LogLevel::Debug:
      return R"(","level":"debug")";
  }
  return R"(")";
}

// `start`: all in front of the text, with the key.
void appendField(std::string& line, std::string_view start, std::string_view text) {
  if (text.empty()) return;
  line += start;
  base::appendJsonString(line, text);
}

void appendTaskFields(std::string& line, const LogTask& task) {
  appendField(line, R"(,"task":)"sv, task.id);
  appendField(line, R"(,"name":)"sv, task.name);
  if (task.attempt > 0) line.append(R"(,"attempt":)"sv).append(std::to_string(task.attempt));
}

// "[id](name) ", as PHP leptir writes it.
void appendTaskPrefix(std::string& line, const LogTask& task) {
  if (task.id.empty() && task.name.empty()) return;
  line += '[';
  base::appendEscaped(line, task.id);
  line += ']';
  if (!task.name.empty()) {
    line += '(';
    base::appendEscaped(line, task.name);
    line += ')';
  }
  line += ' ';
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

std::string formatTextLine(const LogEntry& entry) {
  const auto& local = cachedLocalSecond(entry.time);
  std::string line;
  line.reserve(52 + entry.textPrefix.size() + entry.task.id.size() + entry.task.name.size() + entry.message.size());
  line.append(local.text).append(local.offset);
  line += ' ';
  line += levelText(entry.level);
  line += ": ";
  line += entry.textPrefix;
  appendTaskPrefix(line, entry.task);
  base::appendEscaped(line, entry.message);
  line += '\n';
  return line;
}

std::string sourceFields(std::string_view instance, std::string_view process) {
  std::string fields;
  appendField(fields, R"(,"instance":)"sv, instance);
  appendField(fields, R"(,"process":)"sv, process);
  return fields;
}

std::string formatJsonLine(const LogEntry& entry, std::string_view source) {
  const auto& local = cachedLocalSecond(entry.time);
  std::string line;
  line.reserve(160 + source.size() + entry.task.id.size() + entry.task.name.size() + entry.message.size());
  line.append(R"({"time":")"sv).append(local.text);
  appendMicroseconds(line, entry.time);
  line.append(local.offset).append(levelField(entry.level)).append(source);
  appendTaskFields(line, entry.task);
  line += R"(,"message":)"sv;
  base::appendJsonString(line, entry.message);
  line += "}\n"sv;
  return line;
}

std::string formatLine(LogFormat format, const LogEntry& entry, std::string_view source) {
  return format == LogFormat::JsonLines ? formatJsonLine(entry, source) : formatTextLine(entry);
}

}  // namespace leptir::log
