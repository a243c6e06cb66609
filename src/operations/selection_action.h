// An action on all tasks of one queue that match a selection: list a slice, change it, go on behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "leptir/operations/task_action.h"
#include "leptir/spi/task_list.h"
#include "operations/audit_trail.h"
#include "operations/bulk_checkpoint.h"
#include "operations/slice_changer.h"
#include "operations/stores.h"

namespace leptir::operations {

// The states whose tasks the action changes and the selection matches. A task moves from the front of this order to its
// end, so one pass for each state in this order meets a task that moves meanwhile.
std::vector<ListedState> statesFor(TaskAction::Kind kind, const TaskSelection& selection);

class SelectionAction {
 public:
  SelectionAction(Stores& stores, std::size_t broker, const TaskAction& action, const TaskSelection& selection,
                  const OnActionProgress& progress, AuditOfAction& audit, ActionReport& report);

  // Runs to its end, or until `progress` returns false (report.stopped). Adds to the counts of the report, also after
  // an error.
  Result<void> run();

 private:
  Result<void> resumeFromCheckpoint();
  Result<void> runPass();
  Result<void> changeSlice(TaskList list);
  bool isLeftAlone(const FoundTask& task) const;
  bool usesCheckpoint() const { return action_.kind == TaskAction::Kind::Reschedule; }
  bool reportProgress();

  Stores& stores_;
  const std::size_t broker_;
  const TaskAction& action_;
  TaskSelection selection_;  // with the state of the pass
  const std::vector<ListedState> states_;
  const OnActionProgress& progress_;
  AuditOfAction& audit_;
  ActionReport& report_;
  BulkCheckpointStore checkpointStore_;
  BulkCheckpoint checkpoint_;
  std::uint64_t examined_ = 0;
  Duration duePrecision_{1};
};

}  // namespace leptir::operations
