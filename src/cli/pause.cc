// leptir pause, and the pauses that leptir resume ends
#include <fmt/format.h>

#include <iostream>

#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/operate.h"
#include "cli/print.h"

namespace leptir::cli {
namespace {

std::string describe(const PauseCommand& command) {
  const auto where = command.broker.empty() ? std::string("all brokers") : "broker " + command.broker;
  return command.name.empty() ? "the queue of " + where : "tasks of name " + command.name + " at " + where;
}

int usageError(std::string_view command, std::string_view message) {
  printError("leptir {}: {}", command, message);
  return base::kExitUsageError;
}

int printReport(std::string_view command, const PauseCommand& options, const ActionReport& report,
                std::string_view sentence) {
  if (options.json)
    std::cout << jsonForOutput(
                     {{"action", command}, {"changed", report.changed}, {"errors", errorsJson(report.errors)}})
              << '\n';
  else if (report.errors.empty())
    printLine("{}", sentence);
  else if (report.changed > 0)
    printLine("Done at {} {}, but not at all.", report.changed, report.changed == 1 ? "broker" : "brokers");
  std::cout << std::flush;
  for (const auto& error : report.errors) printNoticeLine(error.message());
  return report.errors.empty() ? base::kExitDone : base::kExitPartlyDone;
}

// As the other actions: the caller of --json gets an object also where nothing was changed.
int failAction(std::string_view command, const PauseCommand& options, const Error& error) {
  if (options.json && error.code() != ErrorCode::Invalid)
    std::cout << jsonForOutput({{"action", command}, {"changed", 0}, {"errors", errorsJson({&error, 1})}}) << '\n';
  return failOperation(command, error);
}

// Empty: the options say what is meant.
std::string_view complaintAbout(const PauseCommand& command) {
  if (command.all && !command.broker.empty()) return "--all and --broker contradict each other";
  if (!command.all && command.broker.empty() && command.name.empty())
    return "what? Give --broker=NAME, --name=NAME or --all";
  return {};
}

}  // namespace

int runCommand(const PauseCommand& command, const Program& program) {
  if (const auto complaint = complaintAbout(command); !complaint.empty()) return usageError("pause", complaint);
  return operate(command.config, program, [&](Operations& operations, const Config&) {
    const auto report = operations.pause(command.broker, command.name);
    if (!report) return failAction("pause", command, report.error());
    const auto sentence = report->changed > 0
                              ? "Paused " + describe(command) + ". Running tasks go on; 'leptir resume' ends the pause."
                              : "Nothing to do: " + describe(command) + " had been paused already.";
    return printReport("pause", command, *report, sentence);
  });
}

int endPause(const PauseCommand& command, const Program& program) {
  if (const auto complaint = complaintAbout(command); !complaint.empty()) return usageError("resume", complaint);
  return operate(command.config, program, [&](Operations& operations, const Config&) {
    const auto report = operations.resume(command.broker, command.name);
    if (!report) return failAction("resume", command, report.error());
    return printReport("resume", command, *report, "Resumed " + describe(command) + ".");
  });
}

}  // namespace leptir::cli
