// What the runs of tasks use of the CPU.
#pragma once

#include "leptir/clock.h"

namespace leptir {

// Measures one run after the other. To ask the kernel costs as much as a whole run that does nothing, so what it said
// less than 0.2 ms ago still counts: an answer may be that much too large, and a shorter run counts as busy all the
// time.
class CpuMeter {
 public:
  explicit CpuMeter(BootTime now);

  // Answers what had been used until then.
  Duration begin(BootTime now);
  // Of this process with all its threads since `begin`, and of the children that it waited for.
  Duration end(BootTime now);

 private:
  void read(BootTime now);

  BootTime began_;
  BootTime readAt_;
  Duration own_{};
  Duration children_{};
};

}  // namespace leptir
