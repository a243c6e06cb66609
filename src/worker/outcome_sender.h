// Reports the outcome of a task: writes it into the task's cell and wakes the dispatcher if it sleeps.
#pragma once

#include <optional>
#include <string_view>

#include "link/link.h"
#include "worker/task_receiver.h"

namespace leptir::worker {

// When to wake a sleeping dispatcher: at once when no further task waits; while one task follows the other, at most
// once a millisecond.
class WakeThrottle {
 public:
  // Called after each outcome. `nextWaits`: the next task is assigned already.
  bool mustWake(bool nextWaits, BootTime now);

 private:
  std::optional<BootTime> unreportedSince_;
};

class OutcomeSender {
 public:
  enum class SendResult {
    Sent,
    Stopped,  // the master is ending this task and reports it itself
    MustEnd,  // the worker must end: it cannot wake the dispatcher any more, or the instance ends
  };

  OutcomeSender(const WorkerOptions& options, link::Link& link, const Clock& clock);

  SendResult send(const BegunCell& begun, std::string_view outcome, const TaskReceiver& receiver);

 private:
  std::optional<SendResult> waitForLargeArea(const BegunCell& begun);

  const link::SharedPage& page_;
  link::Slot& slot_;
  Wake& ownBell_;
  Wake& dispatcherBell_;
  const Clock& clock_;
  WakeThrottle wakeThrottle_;
};

}  // namespace leptir::worker
