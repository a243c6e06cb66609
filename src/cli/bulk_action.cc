#include "cli/bulk_action.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <span>
#include <utility>

#include "base/escape.h"
#include "base/exit_code.h"
#include "cli/bulk_report.h"
#include "cli/operate.h"
#include "cli/print.h"
#include "cli/progress_line.h"
#include "cli/push_error.h"
#include "cli/task_selection.h"

namespace leptir::cli {
namespace {

// Values of LeftAlone::why for an id of no task.
constexpr std::string_view kInNoQueue = "it is in no queue", kHasNoRecord = "it has no record";

int usageError(const BulkAction& action, std::string_view message) {
  printError("leptir {}: {}", action.command, message);
  return base::kExitUsageError;
}

// One run of the command, after its options were read.
class BulkRun {
 public:
  BulkRun(const BulkAction& action, const BulkOptions& options, Operations& operations, TaskTargets targets)
      : action_(action), options_(options), operations_(operations), targets_(std::move(targets)) {}

  int run() {
    if (auto refused = completeIdPrefixes(); refused != base::kExitDone) return refused;
    const bool isOneTask = targets_.ids.size() == 1;
    if (isOneTask && !options_.dryRun) return change();
    auto preview = operations_.preview(action_.action, targets_);
    if (!preview) return failOperation(action_.command, preview.error());
    if (preview->count == 0 && preview->unable.empty() && targets_.ids.empty()) {
      if (const auto unknown = unknownCause(targets_.selection.cause)) return usageError(action_, *unknown);
    }
    if (options_.dryRun) return printWholeIdHints(printPreview(action_, *preview, options_.json), preview->leftAlone);
    if (preview->count == 0) return finishEarlierCancel(*preview);
    if (preview->count > 1 && !options_.yes) {
      if (const int refused = confirm(*preview); refused != base::kExitDone) return refused;
    }
    return change();
  }

 private:
  // A script that names a task which has gone must not change another one, whose id begins so. So only a user at a
  // terminal, who is shown the whole ids, may give the beginning of an id.
  int completeIdPrefixes() {
    if (targets_.ids.empty() || options_.yes || !isOnTerminal()) return base::kExitDone;
    auto whole = wholeIds(operations_, targets_.ids, action_.action.kind);
    if (!whole) return failOperation(action_.command, whole.error());
    std::string completed;
    for (std::size_t i = 0; i < whole->size(); ++i) {
      if ((*whole)[i] != targets_.ids[i]) completed += (completed.empty() ? "" : ", ") + base::escaped((*whole)[i]);
    }
    targets_.ids = std::move(*whole);
    if (completed.empty() || options_.dryRun) return base::kExitDone;
    return askUser(completed);
  }

  static bool isOnTerminal() { return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0; }

  // On a terminal the user is asked; elsewhere --yes must be given.
  int confirm(const ActionPreview& preview) {
    const auto tasks = countOfTasks(preview);
    if (!isOnTerminal())
      return usageError(action_, "this would " + std::string(action_.verb) + " " + tasks +
                                     ": add --yes to do it, or --dry-run to look at them");
    printLeftOut(action_, preview.leftOut);
    return askUser(tasks);
  }

  int askUser(const std::string& tasks) {
    std::cout << std::flush;
    std::cerr << "Really " << action_.verb << " " << tasks << "? [y/N] " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (answer == "y" || answer == "Y" || answer == "yes") return base::kExitDone;
    printError("leptir {}: nothing was done", action_.command);
    return base::kExitPartlyDone;
  }

  // No task matches, but an earlier cancel that was cut off may have removed the last ones without a record.
  int finishEarlierCancel(const ActionPreview& preview) {
    if (action_.action.kind == TaskAction::Kind::Cancel && preview.unable.empty()) {
      const auto report = operations_.run(action_.action, targets_);
      if (report && (report->earlierCancelRecords > 0 || !report->errors.empty()))
        return printReport(action_, targets_, *report, options_.json);
    }
    return printWholeIdHints(printNothingToDo(action_, targets_, preview, options_.json), preview.leftAlone);
  }

  int change() {
    ProgressLine line(action_.done);
    const auto report = operations_.run(action_.action, targets_, [&](const ActionProgress& progress) {
      return line.show(progress.changed, progress.examined);
    });
    line.end();
    if (!report) return failOperation(action_.command, report.error());
    return printWholeIdHints(printReport(action_, targets_, *report, options_.json), report->leftAlone);
  }

  // Names the tasks whose ids begin with an id that was not found.
  int printWholeIdHints(int status, const std::vector<LeftAlone>& leftAlone) {
    constexpr std::size_t kMax = 10;
    for (const auto& [id, why] : std::span(leftAlone).first(std::min(leftAlone.size(), kMax))) {
      if (why != kInNoQueue && why != kHasNoRecord) continue;
      const auto begins = operations_.findByPrefix(id, action_.action.kind);
      if (begins && *begins != id)
        printError("leptir {}: task {} has an id that begins so; this command needs the whole id", action_.command,
                   base::inQuotes(*begins));
      else if (!begins && begins.error().code() == ErrorCode::Invalid)
        printError("leptir {}: {}", action_.command, begins.error().message());
    }
    return status;
  }

  const BulkAction& action_;
  const BulkOptions& options_;
  Operations& operations_;
  TaskTargets targets_;
};

Result<TaskTargets> targetsOf(const BulkAction& action, const BulkOptions& options) {
  auto selection = selectionOf(options.selection, systemClock().now());
  if (!selection) return selection.error();
  if (selection->state && !appliesTo(action.action.kind, *selection->state))
    return invalidInput(
        fmt::format("this does nothing to tasks in the state {}: give another --state", nameOf(*selection->state)));
  if (action.state) selection->state = action.state;
  return TaskTargets{.ids = options.ids, .selection = std::move(*selection)};
}

// Empty: the options say which tasks are meant.
std::string_view complaintAbout(const BulkOptions& options) {
  const bool selects = !options.selection.isEmpty();
  if (!options.ids.empty() && (selects || options.all)) return "give ids, or a selection, but not both";
  if (options.all && selects) return "--all and a selection contradict each other";
  if (options.ids.empty() && !selects && !options.all)
    return "which tasks? Give their ids, a selection (--name=…, --since=…), or --all";
  return {};
}

}  // namespace

int runBulkAction(const BulkAction& action, const BulkOptions& options, const Program& program) {
  if (const auto complaint = complaintAbout(options); !complaint.empty()) return usageError(action, complaint);
  return operate(options.config, program, [&](Operations& operations, const Config&) {
    auto targets = targetsOf(action, options);
    if (!targets) return failOperation(action.command, targets.error());
    return BulkRun(action, options, operations, std::move(*targets)).run();
  });
}

}  // namespace leptir::cli
