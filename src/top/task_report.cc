#include "top/task_report.h"

#include <fmt/format.h>

#include <chrono>

#include "base/duration_text.h"
#include "base/escape.h"
#include "base/time_text.h"

namespace leptir::top {
namespace {

std::string_view wordOf(LogLevel level) {
  switch (level) {
    case LogLevel::Error:
      return "ERROR";
    case LogLevel::Warning:
      return "WARNING";
    case LogLevel::Debug:
      return "DEBUG";
    default:
      return "INFO";
  }
}

std::string timeToTheSecond(Time time) {
  return base::timeText(std::chrono::floor<std::chrono::seconds>(time));
}

std::string frameText(const TaskStackFrame& frame) {
  auto text = frame.function.empty() ? fmt::format("{:#x}", frame.address) : frame.function;
  if (!frame.file.empty()) text += fmt::format("  {}:{}", frame.file, frame.line);
  if (frame.file.empty() && !frame.library.empty()) text += "  " + frame.library;
  return fmt::format("{} {}\n", frame.isUserCode ? " *" : "  ", base::escaped(text));
}

}  // namespace

std::string logText(const TaskLog& log) {
  auto text = fmt::format("attempt {}{}\n", log.attempt, log.isRunning ? ", still running" : "");
  std::uint64_t expected = 0;
  for (const auto& line : log.lines) {
    if (line.number > expected)
      text += fmt::format("… {} lines, {} bytes, were left out …\n", log.leftOutLines, log.leftOutBytes);
    expected = line.number + 1;
    text += fmt::format("{} {:<7} {}\n", timeToTheSecond(line.time), wordOf(line.level), base::escaped(line.text));
  }
  return log.lines.empty() ? text + "no lines\n" : text;
}

std::string stackText(const TaskStack& stack) {
  auto text = fmt::format("process {} on {}, stopped for {} at {}\n", stack.pid, base::escaped(stack.host),
                          base::durationText(stack.stoppedFor), timeToTheSecond(stack.taken));
  for (const auto& thread : stack.threads) {
    text += fmt::format("thread {} {}\n", thread.tid, base::escaped(thread.name));
    for (const auto& frame : thread.frames) text += frameText(frame);
    if (!thread.problem.empty()) text += "   " + base::escaped(thread.problem) + "\n";
  }
  if (stack.leftOutThreads > 0) text += fmt::format("and {} more threads\n", stack.leftOutThreads);
  return text;
}

}  // namespace leptir::top
