// When the running task of one slot must be stopped, and when killed: its time limit, its lease, the end of the
// instance. Decides only; the worker keeper does what it says. No process, no clock of its own.
#pragma once

#include <optional>

#include "leptir/clock.h"
#include "link/cell.h"
#include "link/shared_page.h"

namespace leptir {

// The running cell of a slot as the master sees it.
struct RunningTask {
  std::size_t cell = 0;
  CellWord word;
  std::uint32_t broker = 0;
  std::uint64_t epoch = 0;
  Duration timeLimit{};                // zero: none
  StopReason wish = StopReason::None;  // of the dispatcher: Cancel, or Lease when it lost just this task
  BootTime begun{};                    // by the worker's word
};

class DeadlineWatch {
 public:
  enum class Act { Nothing, Stop, Kill };
  struct Decision {
    Act act = Act::Nothing;
    StopReason reason = StopReason::None;  // of Stop
  };

  explicit DeadlineWatch(Duration killGrace) : killGrace_(killGrace) {}

  // A new worker: nothing is running, nothing before now is believed.
  void begin(BootTime now);
  // Each look at the slot, with what runs there. The worker's word when a task began is believed only as far as it lies
  // between two looks.
  Decision look(const std::optional<RunningTask>& running, const SharedPage& page, BootTime now);
  // The task of the last look was marked as stopping: from here on the grace runs.
  void stopped(StopReason reason, const SharedPage& page, BootTime now);

  // When to look again at the latest; max: no task has a deadline.
  BootTime next() const { return next_; }
  // Of the task that was seen last.
  BootTime started() const { return started_; }

 private:
  void noteBegin(const RunningTask& running, BootTime now);

  Duration killGrace_;
  BootTime lastLook_{};
  BootTime started_{};
  std::optional<RunningTask> task_;
  BootTime killAt_ = BootTime::max();
  BootTime next_ = BootTime::max();
};

}  // namespace leptir
