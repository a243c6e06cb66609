#include "cli/bulk_action.h"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <utility>

#include "base/exit_code.h"
#include "cli/bulk_report.h"
#include "cli/operate.h"
#include "cli/print.h"
#include "cli/progress_line.h"
#include "cli/push_error.h"
#include "cli/task_selection.h"

namespace leptir::cli {
namespace {

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
    const bool isOneTask = targets_.ids.size() == 1;
    if (isOneTask && !options_.dryRun) return change();
    auto preview = operations_.preview(action_.action, targets_);
    if (!preview) return failOperation(action_.command, preview.error());
    if (options_.dryRun) return printPreview(action_, *preview, options_.json);
    if (preview->count == 0) return printNothingToDo(action_, targets_, *preview, options_.json);
    if (preview->count > 1 && !options_.yes) {
      if (const int refused = confirm(*preview); refused != base::kExitDone) return refused;
    }
    return change();
  }

 private:
  // On a terminal the user is asked; elsewhere --yes must be given.
  int confirm(const ActionPreview& preview) {
    const auto tasks = countOfTasks(preview);
    if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0)
      return usageError(action_, "this would " + std::string(action_.verb) + " " + tasks +
                                     ": add --yes to do it, or --dry-run to look at them");
    std::cout << std::flush;
    printLeftOut(action_, preview.leftOut);
    std::cerr << "Really " << action_.verb << " " << tasks << "? [y/N] " << std::flush;
    std::string answer;
    std::getline(std::cin, answer);
    if (answer == "y" || answer == "Y" || answer == "yes") return base::kExitDone;
    printError("leptir {}: nothing was done", action_.command);
    return base::kExitPartlyDone;
  }

  int change() {
    ProgressLine line(action_.done);
    const auto report = operations_.run(action_.action, targets_, [&](const ActionProgress& progress) {
      return line.show(progress.changed, progress.examined);
    });
    line.end();
    if (!report) return failOperation(action_.command, report.error());
    return printReport(action_, targets_, *report, options_.json);
  }

  const BulkAction& action_;
  const BulkOptions& options_;
  Operations& operations_;
  TaskTargets targets_;
};

Result<TaskTargets> targetsOf(const BulkAction& action, const BulkOptions& options, Operations& operations) {
  auto selection = selectionOf(options.selection, systemClock().now());
  if (!selection) return selection.error();
  if (selection->state && !appliesTo(action.action.kind, *selection->state))
    return invalidInput(
        fmt::format("this does nothing to tasks in the state {}: give another --state", nameOf(*selection->state)));
  if (action.state) selection->state = action.state;
  auto ids = wholeIds(operations, options.ids, action.action.kind);
  if (!ids) return ids.error();
  return TaskTargets{.ids = std::move(*ids), .selection = std::move(*selection)};
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
    auto targets = targetsOf(action, options, operations);
    if (!targets) return failOperation(action.command, targets.error());
    return BulkRun(action, options, operations, std::move(*targets)).run();
  });
}

}  // namespace leptir::cli
