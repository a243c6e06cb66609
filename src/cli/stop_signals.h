// For a command that waits: INT and TERM end the wait first, so that the command can say what goes on without it.
#pragma once

#include <signal.h>

#include <atomic>
#include <thread>

#include "base/unique_fd.h"
#include "leptir/spi/wake.h"

namespace leptir::cli {

// While it lives, INT and TERM ring `wake` instead of ending the process, unless the process ignored them before; a
// second one ends it at once, since a store may not answer. Make it before the process has other threads: they must
// inherit the blocked signals.
class StopSignals {
 public:
  explicit StopSignals(Wake& wake);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // The signal that came; 0: none. Any thread.
  int caught() const { return caught_; }
  // Ends this process by that signal, as it would have ended without this object. Any thread.
  [[noreturn]] void endProcess() const;

 private:
  void receive();

  Wake& wake_;
  sigset_t signals_{};
  sigset_t blockedBefore_{};
  base::UniqueFd descriptor_;  // a signalfd
  std::atomic<int> caught_ = 0;
  Wake end_;  // of the thread
  std::thread receiver_;
};

}  // namespace leptir::cli
