// The signals of the master as a queue that is read from a descriptor (signalfd), so that no signal handler interrupts
// its code.
#pragma once

#include <csignal>
#include <optional>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir::master {

// For use by one thread. The signals stay blocked while the object lives.
class SignalInbox {
 public:
  // Blocks TERM, INT, QUIT, HUP, USR1 and CHLD and opens a descriptor for them. Internal: the kernel refused.
  static Result<SignalInbox> open();
  SignalInbox(SignalInbox&&) noexcept = default;
  SignalInbox& operator=(SignalInbox&&) noexcept = default;
  ~SignalInbox();

  int descriptor() const { return descriptor_.get(); }
  // The next pending signal, if any. Several pending signals of one kind may arrive as one.
  std::optional<int> next();
  // In a child: closes the descriptor only; resetSignalsInChild unblocks the signals.
  void closeInChild() { descriptor_ = base::UniqueFd(); }

 private:
  SignalInbox(base::UniqueFd descriptor, sigset_t before) : descriptor_(std::move(descriptor)), before_(before) {}
  base::UniqueFd descriptor_;
  sigset_t before_;
};

// Blocks all signals while the object lives. Used around a fork.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked();
  ~AllSignalsBlocked();
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

// In a child, while all signals are blocked: resets all handlers to the default and unblocks all signals. Exceptions:
// TERM, INT, QUIT, HUP and USR1 do nothing, since only the master acts on them when a terminal or systemd sends them to
// all processes; and XFSZ is ignored, so that a write beyond the file size limit is an error (EFBIG). An exec resets
// the handlers that do nothing. In workers the crash handler catches XFSZ while a task's code runs.
void resetSignalsInChild();

}  // namespace leptir::master
