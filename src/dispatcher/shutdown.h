// The end of the dispatcher: after a stop or a drain, once no task is held any more, or when a store stays down.
#pragma once

#include <optional>

#include "dispatcher/drain.h"
#include "dispatcher/held_leases.h"
#include "dispatcher/slot_tracker.h"
#include "dispatcher/step.h"

namespace leptir::dispatcher {

class Shutdown {
 public:
  // What the object uses of the core. All must outlive it.
  struct Uses {
    const SlotTracker& slots;
    const HeldLeases& leases;
    const Drain& drain;
  };
  explicit Shutdown(Uses uses) : uses_(uses) {}

  // When the instance began to stop; empty: it goes on.
  std::optional<BootTime> stoppedAt() const { return stoppedAt_; }
  void begin(Step& step);
  // A store has saved or settled a batch.
  void noteProgress() { stuckSince_.reset(); }
  // Closes all sessions, once, if the end has come.
  void finishWhenDone(Step& step);

 private:
  void finishWhenStuck(Step& step);
  void close(SessionClose how, Step& step);

  const Uses uses_;
  std::optional<BootTime> stoppedAt_;
  std::optional<BootTime> stuckSince_;  // since when a stop waits for stores only
  bool hasRequestedClose_ = false;
};

}  // namespace leptir::dispatcher
