// Operations::run: an action on tasks.
#include <fmt/format.h>

#include "leptir/operations.h"
#include "operations/again.h"
#include "operations/audit_trail.h"
#include "operations/cancelled_tasks.h"
#include "operations/id_action.h"
#include "operations/selection.h"
#include "operations/selection_action.h"
#include "operations/stores.h"

namespace leptir {
namespace {

Error withChangedCount(const Error& error, std::uint64_t changed) {
  return {error.code(), fmt::format("{} (after {} tasks; the same call again goes on)", error.message(), changed)};
}

// A store that does not exist yet has no tasks.
void runOnQueue(operations::Stores& stores, std::size_t broker, const TaskAction& action,
                const TaskSelection& selection, const OnActionProgress& progress, ActionReport& report) {
  const auto before = report.changed;
  operations::AuditOfAction audit(stores, broker, nameOf(action.kind), textOf(selection));
  const auto done = operations::SelectionAction(stores, broker, action, selection, progress, audit, report).run();
  const auto changed = report.changed - before;
  if (!done && operations::isMissing(done.error())) return;
  if (!done) report.errors.push_back(withChangedCount(done.error(), changed));
  const auto outcome = !done ? done.error().message() : report.stopped && changed > 0 ? "stopped by its operator" : "";
  if (auto written = audit.end(changed, outcome); !written) report.errors.push_back(written.error());
}

// Adds the records of earlier cancels that were cut off. False: that failed, so further tasks must stay in the queue.
bool finishEarlierCancels(operations::Stores& stores, std::size_t broker, const TaskAction& action,
                          ActionReport& report) {
  if (action.kind != TaskAction::Kind::Cancel) return true;
  const auto finished = operations::finishEarlierCancels(stores, broker);
  if (finished) report.earlierCancelRecords += *finished;
  if (finished) return true;
  report.errors.push_back(
      finished.error().in("an earlier cancel at broker " + stores.queues.name(broker) + " was cut off"));
  return false;
}

Result<ActionReport> runOnSelection(operations::Stores& stores, const TaskAction& action,
                                    const TaskSelection& selection, const OnActionProgress& progress) {
  const auto brokers = operations::brokersNamed(stores, selection.broker);
  if (!brokers) return brokers.error();
  ActionReport report;
  if (!operations::asksQueues(selection)) return report;
  for (const auto broker : *brokers) {
    if (!report.stopped && finishEarlierCancels(stores, broker, action, report))
      runOnQueue(stores, broker, action, selection, progress, report);
  }
  return report;
}

Result<ActionReport> runOnIds(operations::Stores& stores, const TaskAction& action, const TaskTargets& targets,
                              const OnActionProgress& progress) {
  auto found = operations::findIds(stores, action, targets, progress);
  if (!found) return found.error();
  ActionReport report;
  for (std::size_t broker = 0; broker < stores.queues.size(); ++broker) {
    if (!finishEarlierCancels(stores, broker, action, report)) return report;
  }
  report.stopped = found->stopped;
  if (!report.stopped) operations::changeFoundTasks(stores, action, *found, progress, report);
  report.leftAlone = std::move(found->leftAlone);
  for (auto& error : found->unable) report.errors.push_back(std::move(error));
  return report;
}

Result<ActionReport> pushAgain(operations::Stores& stores, const TaskAction& action, const TaskTargets& targets,
                               const OnActionProgress& progress) {
  ActionReport report;
  const auto pushed = targets.ids.empty()
                          ? operations::pushSelectionAgain(stores, action, targets.selection, progress, report)
                          : operations::pushIdsAgain(stores, action, targets.ids, progress, report);
  const bool isRefused = !pushed && (pushed.error().code() == ErrorCode::Invalid ||
                                     (pushed.error().code() == ErrorCode::Lost && report.changed == 0));
  if (isRefused) return pushed.error();
  if (!pushed) report.errors.push_back(withChangedCount(pushed.error(), report.changed));
  return report;
}

}  // namespace

Result<ActionReport> Operations::run(const TaskAction& action, const TaskTargets& targets,
                                     const OnActionProgress& progress) {
  if (auto valid = operations::check(targets.selection); !valid) return valid.error();
  if (action.kind == TaskAction::Kind::Again) return pushAgain(*stores_, action, targets, progress);
  if (!targets.ids.empty()) return runOnIds(*stores_, action, targets, progress);
  return runOnSelection(*stores_, action, targets.selection, progress);
}

}  // namespace leptir
