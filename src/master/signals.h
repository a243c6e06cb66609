// The signals of the master as a queue that can be waited for: no handler, so no code runs where it does not expect to.
#pragma once

#include <csignal>
#include <optional>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir {

// One thread. Signals stay blocked while it lives.
class SignalInbox {
 public:
  // Takes TERM, INT, QUIT, HUP, USR1 and CHLD out of the usual delivery. Internal: the kernel refused.
  static Result<SignalInbox> open();
  SignalInbox(SignalInbox&&) noexcept = default;
  SignalInbox& operator=(SignalInbox&&) noexcept = default;
  ~SignalInbox();

  int descriptor() const { return descriptor_.get(); }
  // The next one that waits, if any. Several of one kind may be one.
  std::optional<int> next();
  // In a child: the descriptor only; what is blocked there is the child's affair.
  void closeInChild() { descriptor_ = UniqueFd(); }

 private:
  SignalInbox(UniqueFd descriptor, sigset_t before) : descriptor_(std::move(descriptor)), before_(before) {}
  UniqueFd descriptor_;
  sigset_t before_;
};

// No signal is delivered while it lives: around a fork.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked();
  ~AllSignalsBlocked();
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

// In a child, while all are blocked: handlers as a fresh process has them, except that TERM, INT, QUIT, HUP and USR1 do
// nothing (they are the master's, also when a terminal or systemd sends them to everyone), and XFSZ is ignored, so that
// a file at the limit of its size is an error of the write (EFBIG); then nothing is blocked any more. An exec resets
// the rest. The crash handler of a worker takes XFSZ for the code of tasks.
void resetSignalsInChild();

}  // namespace leptir
