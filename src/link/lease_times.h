// How long a lease lasts after a renewal, and the intervals that follow from it. All are fractions of one number, so
// that a test with a shorter lease keeps the proportions. It stands in the shared page: master, dispatcher and workers
// use the same numbers.
#pragma once

#include "leptir/clock.h"

namespace leptir::link {

struct LeaseTimes {
  Duration lease = std::chrono::seconds(60);

  Duration renewEvery() const { return lease / 3; }
  // How often an instance looks for sessions of dead instances.
  Duration recoverDeadSessionsEvery() const { return lease / 6; }
  // How often the dispatcher compares the leases that the store knows (heldTasks) with its cells and stock.
  Duration compareLeasesEvery() const { return lease; }
  // So long before a lease ends, workers begin no task under it, and the master sends TERM, later KILL, to the running
  // one (docs/design.md).
  Duration termBeforeEnd() const { return lease / 6; }
  Duration killBeforeEnd() const { return lease / 30; }
};

}  // namespace leptir::link
