#include "worker/surroundings.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include <cerrno>

namespace leptir {
namespace {

mode_t currentUmask() {
  const auto mask = ::umask(0);
  ::umask(mask);
  return mask;
}

bool hasChildren() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

}  // namespace

Surroundings::Surroundings()
    : folder_(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)), umask_(currentUmask()), hadChildren_(hasChildren()) {
  ::fegetenv(&arithmetic_);
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask_);
  ::sigaltstack(nullptr, &signalStack_);
  for (int signal = 1; signal < kSignals; ++signal) ::sigaction(signal, nullptr, &actions_[signal]);
}

void Surroundings::restore() const {
  restoreArithmetic();
  ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  // A task that closed the descriptor, or gave its number to another folder, has closed the bells too (worker.cc).
  if (folder_) [[maybe_unused]]
    const int changed = ::fchdir(folder_.get());
  ::umask(umask_);
}

// fesetenv takes 160 ns, and nearly every task leaves alone what this register tells of: rounding, traps, how tiny
// numbers are treated (the C library changes it together with the older unit's). Only flags are raised by most.
void Surroundings::restoreArithmetic() const {
#if defined(__x86_64__)
  constexpr unsigned kFlags = 0x3f;
  const bool hasOnlyFlags = ((_mm_getcsr() ^ arithmetic_.__mxcsr) & ~kFlags) == 0;
  if (hasOnlyFlags) return _mm_setcsr(arithmetic_.__mxcsr);
#endif
  ::fesetenv(&arithmetic_);
}

void Surroundings::restoreAll() const {
  restore();
  ::fesetenv(&arithmetic_);  // also what a task changed past the C library
  streams_.restore();
  ::sigaltstack(&signalStack_, nullptr);  // or a stack overflow could not be told
  for (int signal = 1; signal < kSignals; ++signal) {
    if (signal != SIGKILL && signal != SIGSTOP) ::sigaction(signal, &actions_[signal], nullptr);
  }
  if (!hadChildren_) buryChildren();
}

void Surroundings::buryChildren() const {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

}  // namespace leptir
