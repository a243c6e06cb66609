#include "worker/process_snapshot.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "base/process_tree.h"

namespace leptir::worker {
namespace {

mode_t currentUmask() {
  const auto mask = ::umask(0);
  ::umask(mask);
  return mask;
}

}  // namespace

ProcessSnapshot::ProcessSnapshot()
    : folder_(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)),
      umask_(currentUmask()),
      hadChildren_(base::hasChildren()) {
  ::fegetenv(&floatingPoint_);
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask_);
  ::sigaltstack(nullptr, &signalStack_);
  for (int signal = 1; signal < kSignals; ++signal) ::sigaction(signal, nullptr, &actions_[signal]);
}

void ProcessSnapshot::restore() const {
  restoreFloatingPoint();
  ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  // A task that closed this descriptor, or gave its number to another folder, has closed the wake-up descriptors, too,
  // and the worker then ends (task_receiver.cc).
  if (folder_) [[maybe_unused]]
    const int changed = ::fchdir(folder_.get());
  ::umask(umask_);
}

// fesetenv takes 160 ns. Nearly every task only raises exception flags and leaves the rest of this register alone:
// rounding, traps, treatment of tiny numbers (the C library changes the x87 unit's together with it).
void ProcessSnapshot::restoreFloatingPoint() const {
#if defined(__x86_64__)
  constexpr unsigned kFlags = 0x3f;
  const bool hasOnlyFlags = ((_mm_getcsr() ^ floatingPoint_.__mxcsr) & ~kFlags) == 0;
  if (hasOnlyFlags) return _mm_setcsr(floatingPoint_.__mxcsr);
#endif
  ::fesetenv(&floatingPoint_);
}

void ProcessSnapshot::restoreAll() const {
  restore();
  ::fesetenv(&floatingPoint_);  // also x87 state that a task changed without the C library
  streams_.restore();
  ::sigaltstack(&signalStack_, nullptr);  // without it the crash handler cannot report a stack overflow
  for (int signal = 1; signal < kSignals; ++signal) {
    if (signal != SIGKILL && signal != SIGSTOP) ::sigaction(signal, &actions_[signal], nullptr);
  }
  if (!hadChildren_) reapChildren();
}

void ProcessSnapshot::reapChildren() const {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

}  // namespace leptir::worker
