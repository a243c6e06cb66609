// CpuMeter: measures the CPU time of each run of a task.
#pragma once

#include "leptir/clock.h"

namespace leptir::task {

// Measures one run at a time. Asking the kernel costs as much as a whole run that does nothing, so a reading is reused
// for 0.2 ms. The result may therefore be up to 0.2 ms too large, and a run shorter than that counts as using the CPU
// all the time.
class CpuMeter {
 public:
  explicit CpuMeter(BootTime now);

  // Begins a run. Returns the CPU time that this process and its children used before it.
  Duration begin(BootTime now);
  // Returns the CPU time since `begin`: of all threads of this process, and of the children that it waited for.
  Duration end(BootTime now);

 private:
  void read(BootTime now);

  BootTime began_;
  BootTime readAt_;
  Duration processTime_{};
  Duration childrenTime_{};
};

}  // namespace leptir::task
