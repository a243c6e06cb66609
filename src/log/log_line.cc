#include "log/log_line.h"

#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <iterator>

#include "base/escape.h"

namespace leptir::log {
namespace {

std::tm localTime(Time time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return local;
}

void appendSeconds(std::string& line, const std::tm& local) {
  fmt::format_to(std::back_inserter(line), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", local.tm_year + 1900,
                 local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
}

void appendOffset(std::string& line, const std::tm& local) {
  const long minutes = local.tm_gmtoff / 60;
  fmt::format_to(std::back_inserter(line), "{}{:02}:{:02}", minutes < 0 ? '-' : '+', std::abs(minutes) / 60,
                 std::abs(minutes) % 60);
}

// The name of the format in configurations.
std::string_view levelWord(LogLevel level) {
  switch (level) {
    case LogLevel::Error:
      return "error";
    case LogLevel::Warning:
      return "warning";
    case LogLevel::Info:
      return "info";
    case LogLevel::Debug:
      return "debug";
  }
  return "?";
}

void appendField(std::string& line, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  line.append(",\"").append(key).append("\":");
  base::appendJsonString(line, text);
}

void appendTaskFields(std::string& line, const LogTask& task) {
  appendField(line, "task", task.id);
  appendField(line, "name", task.name);
  if (task.attempt > 0) fmt::format_to(std::back_inserter(line), ",\"attempt\":{}", task.attempt);
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
  const auto local = localTime(entry.time);
  std::string line;
  line.reserve(52 + entry.textPrefix.size() + entry.task.id.size() + entry.task.name.size() + entry.message.size());
  appendSeconds(line, local);
  appendOffset(line, local);
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
  appendField(fields, "instance", instance);
  appendField(fields, "process", process);
  return fields;
}

std::string formatJsonLine(const LogEntry& entry, std::string_view source) {
  const auto local = localTime(entry.time);
  const auto microseconds = (entry.time - std::chrono::floor<std::chrono::seconds>(entry.time)).count();
  std::string line;
  line.reserve(128 + source.size() + entry.task.id.size() + entry.task.name.size() + entry.message.size());
  line += R"({"time":")";
  appendSeconds(line, local);
  fmt::format_to(std::back_inserter(line), ".{:06}", microseconds);
  appendOffset(line, local);
  line += '"';
  appendField(line, "level", levelWord(entry.level));
  line += source;
  appendTaskFields(line, entry.task);
  line += R"(,"message":)";
  base::appendJsonString(line, entry.message);
  line += "}\n";
  return line;
}

std::string formatLine(LogFormat format, const LogEntry& entry, std::string_view source) {
  return format == LogFormat::JsonLines ? formatJsonLine(entry, source) : formatTextLine(entry);
}

}  // namespace leptir::log
