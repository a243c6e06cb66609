// Measures how long tasks take, to know how many make about 2 ms of work.
#pragma once

#include <cstddef>

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
  double micros_ = 1e6;                         // what a task takes
};

}  // namespace leptir::dispatcher
