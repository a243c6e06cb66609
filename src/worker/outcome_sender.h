// How the worker answers: the outcome into its cell, then the bell if the dispatcher sleeps.
#pragma once

#include <optional>
#include <string_view>

#include "link/link.h"
#include "worker/task_receiver.h"

namespace leptir {

// When to ring a dispatcher that sleeps: not for each of many short tasks, but never later than a moment after the
// first that it has not heard of.
class RingRule {
 public:
  // After an outcome, at `now`. `nextWaits`: another task begins right away.
  bool mustRing(bool nextWaits, BootTime now);

 private:
  std::optional<BootTime> unreportedSince_;
};

class OutcomeSender {
 public:
  enum class Sent {
    Yes,
    Stopped,  // the master is ending this task: it must not be reported by us
    MustEnd,  // nobody hears us any more, or everyone leaves
  };

  OutcomeSender(const WorkerOptions& options, Link& link, const Clock& clock);

  Sent send(const BegunCell& begun, std::string_view outcome, const TaskReceiver& receiver);

 private:
  std::optional<Sent> waitForTheLargeArea(const BegunCell& begun);

  const SharedPage& page_;
  Slot& slot_;
  Wake& ownBell_;
  Wake& dispatcherBell_;
  const Clock& clock_;
  RingRule rule_;
};

}  // namespace leptir
