// What a task may change of its process and the next task must not find so.
#pragma once

#include <fenv.h>
#include <signal.h>
#include <sys/types.h>

#include <array>

#include "base/unique_fd.h"
#include "worker/standard_streams.h"

namespace leptir {

class Surroundings {
 public:
  // Remembers how things are now: after the start hooks, whose word counts.
  Surroundings();

  // The signal mask, the working directory, the umask and how numbers with a fraction are rounded and trapped, as they
  // were. Three system calls: for after each task.
  void restore() const;
  // Besides: what is done on a signal and on which stack, and descriptors 0 to 2; and children that ended unwaited for
  // are buried, unless there were children already when this was made (then they are somebody's). Forty system calls:
  // not for after each task (inspection_schedule.h).
  void restoreAll() const;

 private:
  static constexpr int kSignals = 32;  // those with a name; real-time signals have no default that matters here

  void restoreArithmetic() const;
  void buryChildren() const;

  fenv_t arithmetic_{};
  sigset_t mask_{};
  stack_t signalStack_{};
  std::array<struct sigaction, kSignals> actions_{};
  StandardStreams streams_;
  UniqueFd folder_;
  mode_t umask_;
  bool hadChildren_;
};

}  // namespace leptir
