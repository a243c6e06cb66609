// ProcessRestorer: puts the worker's process back after each task, and finds changes that cannot be undone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "leptir/clock.h"
#include "worker/inspection_schedule.h"
#include "worker/process_snapshot.h"
#include "worker/process_traits.h"

namespace leptir::worker {

// Constructed after the start hooks have run, so that their changes are kept.
class ProcessRestorer {
 public:
  // Right after a task of this name: puts back what it may have changed. Cheap after most tasks
  // (inspection_schedule.h). `tookAWhile`: the task ran long enough for changes that are rare in short tasks.
  void restoreAfter(std::string_view name, bool tookAWhile, BootTime ended);
  // After restoreAfter, and after the outcome was sent, since it may wait 50 ms for threads that are ending: a change
  // that cannot be undone, as ProcessTraits::restore describes it. nullopt: no such change, or not inspected.
  std::optional<std::string> lastingChange(std::string_view name, BootTime ended);

  // Before a task: the change of an earlier task, named `last`, that the task named `next` must not find and that
  // cannot be undone. nullopt: there is none.
  std::optional<std::string> lastingChangeBefore(std::string_view next, std::string_view last, const Clock& clock);
  // Whether lastingChangeBefore has found a change.
  bool isChangedForGood() const { return isChangedForGood_; }

 private:
  std::optional<std::string> inspectThreads(std::optional<std::string> change) const;

  const ProcessSnapshot snapshot_;
  const ProcessTraits traits_;
  InspectionSchedule schedule_;
  bool inspects_ = false;              // the last task is followed by an inspection
  std::optional<std::string> change_;  // what restoreAfter has found
  bool isChangedForGood_ = false;
};

}  // namespace leptir::worker
