// Measures how long tasks take, to know how many make about 2 ms of work.
#pragma once

#include <cstddef>
#include <optional>

#include "leptir/clock.h"

namespace leptir::dispatcher {

class Pace {
 public:
  void observe(Duration executionTime);
  // How many tasks that have not ended may stand in a slot; 1 for tasks that take longer than a millisecond, and before
  // anything was measured.
  std::size_t maxUnendedInSlot() const;

 private:
  static constexpr double kOverheadMicros = 2;  // what a worker needs for a task in addition to the task's code
  // What a first short task says about the next ones: a slot gets 20 tasks after it. With more caution, an instance
  // needed 3.4 s to reach its speed on a store that takes 40 ms for a lease.
  static constexpr double kMinFirstMicros = 100;
  std::optional<double> micros_{};  // what a task takes; none: nothing was measured
};

}  // namespace leptir::dispatcher
