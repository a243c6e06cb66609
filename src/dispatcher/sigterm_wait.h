// systemd and terminals send SIGTERM to all processes at a stop. A program that it ended did not fail, so its task is
// given back. A SIGTERM without a stop is a crash. The stop may be known only a moment after the program has ended, so
// outcomes of programs that SIGTERM ended wait here for that long.
#pragma once

#include <vector>

#include "dispatcher/events.h"
#include "dispatcher/step.h"

namespace leptir::dispatcher {

class SigtermWait {
 public:
  // Whether the outcome is to wait.
  static bool concerns(const Outcome& outcome);
  void add(event::CellDone done, const Step& step);
  // Takes out the outcomes that need not wait any longer. Those that a stop explains get the cause GaveBack.
  std::vector<event::CellDone> takeDecided(const Step& step);

 private:
  struct Waiting {
    event::CellDone done;
    BootTime since;
  };
  std::vector<Waiting> waiting_;
};

}  // namespace leptir::dispatcher
