// Decides when the running task of one slot must be stopped, and when its worker must be killed: because of its time
// limit, its lease, a cancel request or a shutdown. WorkerSupervisor carries the decisions out. Uses no process and no
// clock.
#pragma once

#include <optional>

#include "leptir/clock.h"
#include "link/cell.h"
#include "link/shared_page.h"
#include "master/running_task.h"

namespace leptir::master {

class DeadlineWatch {
 public:
  enum class Act { Nothing, Stop, Kill };
  struct Decision {
    Act act = Act::Nothing;
    link::StopReason reason = link::StopReason::None;  // of Act::Stop; None with the other acts
  };

  explicit DeadlineWatch(Duration killGrace) : killGrace_(killGrace) {}

  // A new worker starts: no task runs, and a reported begin before `now` is not believed.
  void begin(BootTime now);
  // To be called each time the master has scanned the slot, with the task that runs there. The begin that the worker
  // reports is believed only if it lies between the previous call and this one.
  Decision check(const std::optional<RunningTask>& running, const link::SharedPage& page, BootTime now);
  // The task of the last `check` was marked as stopping: its grace until the kill starts now.
  void noteStop(link::StopReason reason, const link::SharedPage& page, BootTime now);

  // When to call `check` again at the latest; max: no task has a deadline.
  BootTime next() const { return next_; }
  // When the task of the last `check` began.
  BootTime started() const { return started_; }

 private:
  void noteBegin(const RunningTask& running, BootTime now);

  Duration killGrace_;
  BootTime lastCheck_{};
  BootTime started_{};
  std::optional<RunningTask> task_;
  BootTime killAt_ = BootTime::max();
  BootTime next_ = BootTime::max();
};

}  // namespace leptir::master
