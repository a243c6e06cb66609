// State of the process that tasks may change and that is put back before the next task.
#pragma once

#include <fenv.h>
#include <signal.h>
#include <sys/types.h>

#include <array>

#include "base/unique_fd.h"
#include "worker/standard_streams.h"

namespace leptir::worker {

class ProcessSnapshot {
 public:
  // Remembers the present state. Constructed after the start hooks have run, so that their changes are kept.
  ProcessSnapshot();

  // Puts back the signal mask, the working folder, the umask, and how floating-point numbers are rounded and trapped.
  // Three system calls: cheap enough for after each task.
  void restore() const;
  // Puts back, besides, the signal handlers, the signal stack and descriptors 0 to 2, and reaps children that have
  // ended; not if there were children already at construction, since a start hook may wait for those. Forty system
  // calls: too many for after each task (inspection_schedule.h).
  void restoreAll() const;

 private:
  static constexpr int kSignals = 32;  // the standard signals; real-time signals are left as they are

  void restoreFloatingPoint() const;
  void reapChildren() const;

  fenv_t floatingPoint_{};
  sigset_t mask_{};
  stack_t signalStack_{};
  std::array<struct sigaction, kSignals> actions_{};
  StandardStreams streams_;
  base::UniqueFd folder_;
  mode_t umask_;
  bool hadChildren_;
};

}  // namespace leptir::worker
