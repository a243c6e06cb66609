// leptir logs
#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <optional>
#include <thread>

#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/log_printer.h"
#include "cli/operate.h"
#include "cli/print.h"

namespace leptir::cli {
namespace {

constexpr auto kLogPollInterval = std::chrono::milliseconds(500);
// An instance tells in its card that it runs a task up to two seconds after the run has begun.
constexpr int kMaxReadsWithoutInstance = 6;

std::string attemptsText(const std::vector<int>& attempts) {
  return fmt::format("{}", fmt::join(attempts, ", "));
}

// Prints on stderr why the log is empty, and which other attempts have logs.
void printRemarks(const TaskLog& log) {
  if (log.attempt == 0)
    printError("Task {} has not run yet.", log.id);
  else if (log.lines.empty() && log.leftOutLines > 0)
    printError("The log of attempt {} of task {} is not kept: its {} had no room in the record of the task.",
               log.attempt, log.id, log.leftOutLines == 1 ? "line" : fmt::format("{} lines", log.leftOutLines));
  else if (log.lines.empty())
    printError("Attempt {} of task {} has logged nothing{}.", log.attempt, log.id, log.isRunning ? " so far" : "");
  if (log.attempts.size() > 1)
    printError("This is attempt {} of task {}; there are attempts {}: see --attempt.", log.attempt, log.id,
               attemptsText(log.attempts));
}

int printOnce(Operations& operations, const std::string& id, const LogsCommand& command) {
  const auto log = operations.log(id, command.attempt);
  if (!log) return failOperation("logs", log.error());
  if (command.json) {
    std::cout << jsonForOutput(logJson(*log)) << '\n' << std::flush;
    return base::kExitDone;
  }
  LogPrinter(TaskLogFormat::Text).print(*log);
  printRemarks(*log);
  return base::kExitDone;
}

// Prints the lines of one run until it ends: of the attempt that was asked for, else of the first that is seen.
int follow(Operations& operations, const std::string& id, const LogsCommand& command) {
  LogPrinter printer(command.json ? TaskLogFormat::JsonLines : TaskLogFormat::Text);
  int attempt = command.attempt;
  bool hasSeenRun = false;
  int notFoundAtInstances = 0;  // in a row
  for (;;) {
    const auto log = operations.log(id, attempt);
    const bool isLost = !log && log.error().code() == ErrorCode::Lost;
    notFoundAtInstances = isLost ? notFoundAtInstances + 1 : 0;
    if (isLost && notFoundAtInstances < kMaxReadsWithoutInstance) {
      std::this_thread::sleep_for(kLogPollInterval);
      continue;
    }
    // The run is over and has left no record: there is no meta storage, or the run was given back.
    if (!log && hasSeenRun && log.error().code() == ErrorCode::NotFound) return base::kExitDone;
    if (!log) return failOperation("logs", log.error());
    printer.print(*log);
    if (log->attempt > 0) {
      attempt = log->attempt;
      hasSeenRun = true;
    }
    if (hasSeenRun && !log->isRunning) return base::kExitDone;
    std::this_thread::sleep_for(kLogPollInterval);
  }
}

}  // namespace

int runCommand(const LogsCommand& command, const Program& program) {
  return operate(command.config, program, [&](Operations& operations, const Config&) {
    const auto id = operations.findByPrefix(command.id);
    if (!id) return failOperation("logs", id.error());
    return command.follow ? follow(operations, *id, command) : printOnce(operations, *id, command);
  });
}

}  // namespace leptir::cli
