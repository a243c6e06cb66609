#include "operations/task_log_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "base/escape.h"
#include "task/log_text.h"

namespace leptir::operations {

std::string timeOfLine(const TaskLogLine& line) {
  const auto micros = line.time.time_since_epoch().count();
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03}", fmt::gmtime(static_cast<std::time_t>(micros / 1'000'000)),
                     micros / 1'000 % 1'000);
}

std::string levelAndTextOfLine(const TaskLogLine& line) {
  return fmt::format("{:<7}  {}", task::wordOf(line.level), base::escaped(line.text));
}

std::string gapText(std::uint64_t lines) {
  return fmt::format("[{} {} left out here]", lines, lines == 1 ? "line is" : "lines are");
}

std::string taskLogText(const TaskLog& log) {
  auto text = fmt::format("attempt {}{}\n", log.attempt, log.isRunning ? ", still running" : "");
  std::uint64_t expected = 0;
  for (const auto& line : log.lines) {
    if (line.number > expected) text += gapText(line.number - expected) + "\n";
    expected = line.number + 1;
    text += fmt::format("{}  {}\n", timeOfLine(line), levelAndTextOfLine(line));
  }
  return log.lines.empty() ? text + "no lines\n" : text;
}

}  // namespace leptir::operations
