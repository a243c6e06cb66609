#include "cli/log_printer.h"

#include <unistd.h>

#include <iostream>

#include "cli/json_output.h"
#include "cli/operate.h"
#include "cli/terminal.h"
#include "operations/task_log_text.h"
#include "task/log_text.h"

namespace leptir::cli {
namespace {

Colour colourOf(LogLevel level) {
  switch (level) {
    case LogLevel::Error:
      return Colour::Red;
    case LogLevel::Warning:
      return Colour::Yellow;
    case LogLevel::Info:
      return Colour::None;
    case LogLevel::Debug:
      return Colour::Faint;
  }
  return Colour::None;
}

Json lineJson(const TaskLogLine& line) {
  return {
      {"number", line.number}, {"time", timeJson(line.time)}, {"level", task::wordOf(line.level)}, {"text", line.text}};
}

}  // namespace

Json logJson(const TaskLog& log) {
  Json json{{"id", log.id},
            {"attempt", log.attempt},
            {"running", log.isRunning},
            {"attempts", log.attempts},
            {"leftOutLines", log.leftOutLines},
            {"leftOutBytes", log.leftOutBytes},
            {"lines", Json::array()}};
  for (const auto& line : log.lines) json["lines"].push_back(lineJson(line));
  return json;
}

LogPrinter::LogPrinter(TaskLogFormat format) : format_(format), hasColours_(terminalOf(STDOUT_FILENO).hasColours) {}

void LogPrinter::print(const TaskLog& log) {
  for (const auto& line : log.lines) {
    if (line.number < next_) continue;
    if (line.number > next_) printGap(line.number - next_);
    printLine(line);
    next_ = line.number + 1;
  }
  std::cout << std::flush;
}

void LogPrinter::printGap(std::uint64_t lines) const {
  if (format_ == TaskLogFormat::JsonLines)
    std::cout << jsonForOutput({{"leftOutLines", lines}}) << '\n';
  else
    std::cout << operations::gapText(lines) << '\n';
}

void LogPrinter::printLine(const TaskLogLine& line) const {
  if (format_ == TaskLogFormat::JsonLines) {
    std::cout << jsonForOutput(lineJson(line)) << '\n';
    return;
  }
  const auto text = operations::levelAndTextOfLine(line);
  std::cout << operations::timeOfLine(line) << "  " << (hasColours_ ? coloured(text, colourOf(line.level)) : text)
            << '\n';
}

}  // namespace leptir::cli
