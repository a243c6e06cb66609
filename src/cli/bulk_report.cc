#include "cli/bulk_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>

#include "base/escape.h"
#include "base/exit_code.h"
#include "base/id_list.h"
#include "cli/id_printer.h"
#include "cli/json_output.h"
#include "cli/operate.h"
#include "cli/print.h"
#include "cli/report_error.h"
#include "cli/task_table.h"
#include "cli/time_words.h"

namespace leptir::cli {
namespace {

std::string tasksText(std::uint64_t count) {
  return count == 1 ? "1 task" : fmt::format("{} tasks", count);
}

Json leftAloneJson(const std::vector<LeftAlone>& tasks) {
  Json json = Json::array();
  for (const auto& [id, why] : tasks) json.push_back({{"id", id}, {"why", why}});
  return json;
}

Json leftOutJson(const AgainLeftOut& leftOut) {
  return {{"cancelled", leftOut.cancelled}, {"buried", leftOut.buried}, {"pushedBefore", leftOut.pushedBefore}};
}

Json pushedBeforeJson(const std::vector<PushedBefore>& tasks) {
  Json json = Json::array();
  for (const auto& [id, as] : tasks) json.push_back({{"id", id}, {"as", as}});
  return json;
}

Json previewJson(const BulkAction& action, const ActionPreview& preview) {
  Json json{
      {"action", nameOf(action.action.kind)}, {"dryRun", true},         {"count", preview.count},
      {"isExact", preview.isExact},           {"first", Json::array()}, {"leftAlone", leftAloneJson(preview.leftAlone)},
      {"errors", errorsJson(preview.unable)}};
  for (const auto& task : preview.first) json["first"].push_back(taskJson(task));
  if (action.action.kind == TaskAction::Kind::Again) {
    json["leftOut"] = leftOutJson(preview.leftOut);
    json["pushedBefore"] = pushedBeforeJson(preview.pushedBefore);
  }
  return json;
}

Json reportJson(const BulkAction& action, const ActionReport& report) {
  Json json{{"action", nameOf(action.action.kind)},
            {"changed", report.changed},
            {"requested", report.requested},
            {"leftAlone", leftAloneJson(report.leftAlone)},
            {"pushed", report.pushed},
            {"stopped", report.stopped},
            {"continues", report.continues ? timeJson(*report.continues) : Json()},
            {"errors", errorsJson(report.errors)}};
  if (action.action.kind == TaskAction::Kind::Again) {
    json["leftOut"] = leftOutJson(report.leftOut);
    json["pushedBefore"] = pushedBeforeJson(report.pushedBefore);
  }
  return json;
}

void printLeftAlone(const BulkAction& action, const std::vector<LeftAlone>& tasks) {
  constexpr std::size_t kMax = 10;
  for (std::size_t i = 0; i < std::min(tasks.size(), kMax); ++i) {
    printError("leptir {}: task {} is left alone: {}", action.command, base::inQuotes(tasks[i].id), tasks[i].why);
  }
  if (tasks.size() > kMax) printError("leptir {}: and {} more", action.command, tasks.size() - kMax);
}

void printPushedBefore(const BulkAction& action, const std::vector<PushedBefore>& tasks) {
  constexpr std::size_t kMax = 10;
  for (std::size_t i = 0; i < std::min(tasks.size(), kMax); ++i)
    printError("leptir {}: task {} was pushed again before, as {}; this is once more", action.command,
               base::inQuotes(tasks[i].id), tasks[i].as);
  if (tasks.size() > kMax) printError("leptir {}: and {} more", action.command, tasks.size() - kMax);
}

// What became of one task that was named by its id.
void printOne(const BulkAction& action, const ActionReport& report) {
  if (action.action.kind == TaskAction::Kind::Again) return;  // printPushedIds has printed its id
  const auto& task = report.first.front();
  const bool isCancel = action.action.kind == TaskAction::Kind::Cancel;
  if (isCancel && report.requested > 0)
    printLine("Asked the instance that runs {} to end it; 'leptir info' shows when it has ended.", task.id);
  else if (isCancel && task.state != ListedState::Buried)
    printLine("Cancelled {}: the waiting task is taken out of the queue.", task.id);
  else if (isCancel || action.action.kind == TaskAction::Kind::Remove)
    printLine("Removed {} from the {} tasks{}. Its record, where there is one, is unchanged.", task.id,
              nameOf(task.state), task.reason.empty() ? "" : " (" + task.reason + ")");
  else
    printLine("Task {} is {}.", task.id, action.done);
}

void printMany(const BulkAction& action, const ActionReport& report) {
  if (report.continues)
    printLine("This went on where the same action had stopped, which was begun {}.",
              wholeTime(*report.continues, systemClock().now()));
  auto text = fmt::format("{} {}", tasksText(report.changed), action.done);
  if (report.requested > 0) text += fmt::format("; {} of them run, and their instances end them now", report.requested);
  if (action.action.kind == TaskAction::Kind::Again)
    printError("{}", text);  // stdout has the ids, which scripts read
  else
    printLine("{}", text);
}

// Of Again: prints the report, or the new ids, one a line. If that fails the tasks are in the queue all the same, so
// stderr gets their ids, and the result is false.
bool printPushedIds(const BulkAction& action, const ActionReport& report, bool json) {
  std::string text;
  if (json) text = jsonForOutput(reportJson(action, report)) + '\n';
  for (const auto& id : report.pushed) {
    if (!json) text += base::escaped(id) + '\n';
  }
  std::cout << std::flush;
  if (writeOutput(text)) return true;
  const int error = errno;
  if (report.pushed.empty()) {
    printError("leptir again: cannot write to standard output: {}", std::strerror(error));
  } else {
    printError("leptir again: cannot write to standard output: {}; these tasks were pushed all the same: {}",
               std::strerror(error), base::idList(report.pushed));
  }
  return false;
}

int exitStatusOf(const ActionReport& report) {
  int status = base::kExitDone;
  for (const auto& error : report.errors) {
    const int ofError = fail(error);
    if (status == base::kExitDone) status = ofError;
  }
  if (status != base::kExitDone) return report.changed > 0 ? base::kExitPartlyDone : status;
  if (report.stopped) return base::kExitPartlyDone;
  if (report.leftAlone.empty()) return base::kExitDone;
  return report.changed > 0 ? base::kExitPartlyDone : base::kExitNotFound;
}

// What is printed after the JSON, or the ids, that Again has printed.
int printOutcome(const BulkAction& action, const TaskTargets& targets, const ActionReport& report, bool json) {
  if (json && action.action.kind != TaskAction::Kind::Again)
    std::cout << jsonForOutput(reportJson(action, report)) << '\n';
  if (!json && report.earlierCancelRecords > 0)
    printLine("An earlier cancel was cut off: {} of tasks that it had taken out of the queue {} saved now.",
              report.earlierCancelRecords == 1 ? "1 record" : fmt::format("{} records", report.earlierCancelRecords),
              report.earlierCancelRecords == 1 ? "is" : "are");
  const bool isOneId = targets.ids.size() == 1;
  if (isOneId && report.leftAlone.size() == 1 && !action.notFound.empty() &&
      report.leftAlone.front().why == "it is in no queue") {
    return fail(Error(ErrorCode::NotFound,
                      "no task '" + targets.ids.front() + "' waits or runs: " + std::string(action.notFound)));
  }
  if (!json && isOneId && report.changed == 1) printOne(action, report);
  if (!json && !isOneId) printMany(action, report);
  printLeftAlone(action, report.leftAlone);
  printPushedBefore(action, report.pushedBefore);
  printLeftOut(action, report.leftOut);
  if (isOneId && report.changed == 0 && report.leftAlone.empty() && report.errors.empty()) {
    return fail(
        Error(ErrorCode::NotFound, "task '" + targets.ids.front() + "' has gone on meanwhile: look at it again"));
  }
  if (report.stopped) printError("leptir {}: stopped; the same command goes on", action.command);
  return exitStatusOf(report);
}

}  // namespace

std::string countOfTasks(const ActionPreview& preview) {
  const auto* const about = preview.isExact ? "" : preview.unable.empty() ? "more than " : "at least ";
  return about + tasksText(preview.count);
}

void printLeftOut(const BulkAction& action, const AgainLeftOut& leftOut) {
  if (leftOut.pushedBefore > 0)
    printError("leptir {}: {} selected but left out: pushed again before; '{} ID' pushes one once more", action.command,
               tasksText(leftOut.pushedBefore), action.command);
  if (leftOut.buried > 0)
    printError("leptir {}: {} selected but left out: buried; 'leptir buried revive' revives those still buried",
               action.command, tasksText(leftOut.buried));
  if (leftOut.cancelled > 0)
    printError("leptir {}: {} selected but left out: cancelled; --cause=cancelled selects them", action.command,
               tasksText(leftOut.cancelled));
}

int printPreview(const BulkAction& action, const ActionPreview& preview, bool json) {
  if (json) {
    std::cout << jsonForOutput(previewJson(action, preview)) << '\n';
  } else {
    printLine("This would {} {}{}", action.verb, countOfTasks(preview), preview.count > 0 ? ":" : ".");
    if (!preview.first.empty()) printTasks(preview.first, systemClock().now());
    if (preview.count > preview.first.size()) printLine("…");
    printLeftAlone(action, preview.leftAlone);
    printPushedBefore(action, preview.pushedBefore);
    printLeftOut(action, preview.leftOut);
  }
  const int status = printStoreErrors(preview.unable);
  return status == base::kExitDone && preview.count == 0 ? base::kExitNotFound : status;
}

int printNothingToDo(const BulkAction& action, const TaskTargets& targets, const ActionPreview& preview, bool json) {
  if (json)
    std::cout << jsonForOutput(reportJson(
                     action, {.leftAlone = preview.leftAlone, .leftOut = preview.leftOut, .errors = preview.unable}))
              << '\n';
  int status = base::kExitDone;
  for (const auto& error : preview.unable) status = std::max(status, fail(error));
  if (status != base::kExitDone) return status;
  if (targets.ids.empty())
    printError("leptir {}: no task matches ({}), so nothing was done", action.command, textOf(targets.selection));
  else
    printLeftAlone(action, preview.leftAlone);
  printLeftOut(action, preview.leftOut);
  return base::kExitNotFound;
}

int printReport(const BulkAction& action, const TaskTargets& targets, const ActionReport& report, bool json) {
  if (action.action.kind != TaskAction::Kind::Again) return printOutcome(action, targets, report, json);
  const bool isPrinted = printPushedIds(action, report, json);
  const int status = printOutcome(action, targets, report, json);
  return isPrinted || status != base::kExitDone ? status : base::kExitPartlyDone;
}

}  // namespace leptir::cli
