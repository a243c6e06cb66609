// leptir pause, and the pauses that leptir resume ends
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "base/escape.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/operate.h"
#include "cli/pause_words.h"
#include "cli/print.h"
#include "cli/push_warnings.h"

namespace leptir::cli {
namespace {

int usageError(std::string_view command, std::string_view message) {
  printError("leptir {}: {}", command, message);
  return base::kExitUsageError;
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

// The command as it was given, to be called again.
std::string sameCommand(std::string_view command, const PauseCommand& options) {
  auto text = resumeCommand(options.broker, options.name);
  text.replace(text.find("resume"), 6, command);
  return text;
}

// Where some stores could not be asked: how many brokers it was done at.
std::string partialSentence(std::string_view command, const PauseCommand& options, std::size_t brokers,
                            std::size_t failed) {
  return fmt::format("{} at {} of {} brokers; the others are named below. Call '{}' again once their stores answer.",
                     command == "pause" ? "Paused" : "Resumed", brokers - std::min(failed, brokers), brokers,
                     sameCommand(command, options));
}

Json pausesJson(const PausesView& view) {
  Json json = Json::array();
  for (const auto& [broker, paused] : view.pauses)
    json.push_back({{"broker", broker}, {"name", paused.name}, {"by", paused.by}, {"since", timeJson(paused.since)}});
  return json;
}

int statusOf(const ActionReport& report) {
  for (const auto& error : report.errors) printNoticeLine(error.message());
  return report.errors.empty() ? base::kExitDone : base::kExitPartlyDone;
}

void printSentence(const ActionReport& report, std::string_view sentence, std::string_view partial) {
  printLine("{}", report.errors.empty() ? sentence : partial);
}

// A pause of an unknown name holds up nothing. It is no mistake for certain: an instance that starts later may know it.
void warnAboutName(const PauseCommand& command, NameCheck names, Operations& operations) {
  if (command.name.empty() || names.isKnown(command.name)) return;
  if (const auto fleet = operations.instances()) {
    for (const auto& instance : fleet->instances) {
      for (const auto& name : instance.names) names.addKnown(name);
    }
  }
  if (names.isKnown(command.name)) return;
  const auto hint = names.didYouMean(command.name);
  printError(
      "leptir pause: neither this configuration nor an instance that answers knows a task {}{} It is paused all the "
      "same",
      base::inQuotes(command.name), hint.empty() ? "." : ": " + hint);
}

// `resume` without options is a mistake, and the operator has to know what can be resumed.
int listPauses(Operations& operations) {
  const auto view = operations.pauses();
  if (!view) return fail(view.error());
  if (view->pauses.empty()) printError("Nothing is paused.");
  for (const auto& sentence : pauseSentences(view->pauses, systemClock().now())) printError("Paused: {}.", sentence);
  for (const auto& error : view->unable) printNoticeLine(error.message());
  return base::kExitUsageError;
}

// A pause of a queue and one of a name end separately.
int reportResumed(const PauseCommand& command, const Config& config, const ActionReport& report,
                  const PausesView& left) {
  const auto brokers = command.broker.empty() ? config.brokers.size() : 1;
  if (command.json) {
    std::cout << jsonForOutput({{"action", "resume"},
                                {"changed", report.changed},
                                {"stillPaused", pausesJson(left)},
                                {"errors", errorsJson(report.errors)}})
              << '\n';
  } else {
    const bool isAll = command.broker.empty() && command.name.empty();
    printSentence(report,
                  isAll ? fmt::format("Resumed everything: {} pause{} ended.", report.changed,
                                      report.changed == 1 ? " has" : "s have")
                        : "Resumed " + pausedWords(command.broker, command.name) + ".",
                  partialSentence("resume", command, brokers, report.errors.size()));
    for (const auto& sentence : pauseSentences(left.pauses, systemClock().now()))
      printLine("Still paused: {}.", sentence);
  }
  std::cout << std::flush;
  return statusOf(report);
}

}  // namespace

int runCommand(const PauseCommand& command, const Program& program) {
  if (const auto complaint = complaintAbout(command); !complaint.empty()) return usageError("pause", complaint);
  return operate(command.config, program, [&](Operations& operations, const Config& config) {
    const auto report = operations.pause(command.broker, command.name);
    if (!report) return failAction("pause", command, report.error());
    const auto what = pausedWords(command.broker, command.name);
    const auto brokers = command.broker.empty() ? config.brokers.size() : 1;
    const auto end = fmt::format("'{}' ends the pause", resumeCommand(command.broker, command.name));
    if (command.json)
      std::cout << jsonForOutput(
                       {{"action", "pause"}, {"changed", report->changed}, {"errors", errorsJson(report->errors)}})
                << '\n';
    else
      printSentence(*report,
                    report->changed > 0 ? "Paused " + what + ". Running tasks go on; " + end + "."
                                        : "Nothing to do: " + what + " had been paused already; " + end + ".",
                    partialSentence("pause", command, brokers, report->errors.size()));
    std::cout << std::flush;
    warnAboutName(command, NameCheck(program, config), operations);
    return statusOf(*report);
  });
}

int endPause(const PauseCommand& command, const Program& program) {
  const auto complaint = complaintAbout(command);
  if (!complaint.empty()) usageError("resume", complaint);
  const bool isQuestion = !command.all && command.broker.empty() && command.name.empty();
  if (!complaint.empty() && !isQuestion) return base::kExitUsageError;
  if (isQuestion) {
    (void)operate(command.config, program,
                  [](Operations& operations, const Config&) { return listPauses(operations); });
    return base::kExitUsageError;
  }
  return operate(command.config, program, [&](Operations& operations, const Config& config) {
    const bool isAll = command.all && command.name.empty();
    const auto report = isAll ? operations.resumeAll() : operations.resume(command.broker, command.name);
    const auto left = operations.pauses();
    if (report) return reportResumed(command, config, *report, left ? *left : PausesView());
    const int status = failAction("resume", command, report.error());
    if (!command.json && left) {
      for (const auto& sentence : pauseSentences(left->pauses, systemClock().now()))
        printError("Paused: {}.", sentence);
    }
    return status;
  });
}

}  // namespace leptir::cli
