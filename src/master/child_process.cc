#include "master/child_process.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

#include "base/errno_text.h"
#include "master/signals.h"

namespace leptir::master {
namespace {

[[noreturn]] void runChildMain(const std::function<int()>& main, int parent) {
  // Without a terminal: a program that a task starts and that asks there gets an error at once, where in a background
  // group of the terminal's session SIGTTIN would stop it.
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);  // the master died before the call of prctl
  resetSignalsInChild();
  const int status = main();
  std::fflush(nullptr);
  ::_exit(status);  // so that no destructor or exit handler of the master runs in the child
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::function<int()>& main) {
  const AllSignalsBlocked blocked;
  const int parent = ::getpid();
  const int pid = ::fork();
  if (pid == 0) runChildMain(main, parent);
  if (pid < 0) return Error(ErrorCode::Unavailable, "fork: " + base::errnoText(errno));
  return ChildProcess(pid, base::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))));
}

void ChildProcess::signal(int number) const {
  if (pidfd_) {
    ::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0);
  } else {
    ::kill(pid_, number);  // no descriptor was left for a pidfd; the pid is valid until the child is reaped
  }
}

void ChildProcess::signalGroup(int number) const {
  ::kill(-pid_, number);
}

}  // namespace leptir::master
