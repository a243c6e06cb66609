#include "worker/worker_process.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "worker/crash_handler.h"
#include "worker/kernel_priorities.h"

namespace leptir::worker {
namespace {

// Set by the handler of USR1, read between two tasks. Global, since a signal handler takes no argument of ours.
volatile std::sig_atomic_t reopenRequested = 0;

// A worker survives SIGTERM, because systemd sends it to every process of a service; it only matters while the master
// stops a task (crash_handler.cc). Handled rather than ignored: a program that a task starts must get the signal, and
// an exec resets handlers, but not ignored signals.
void catchSignals() {
  struct sigaction action{};
  action.sa_flags = SA_RESTART;
  action.sa_handler = [](int) {};
  for (const int signal : {SIGTERM, SIGINT, SIGQUIT, SIGHUP}) ::sigaction(signal, &action, nullptr);
  action.sa_handler = [](int) { reopenRequested = 1; };
  ::sigaction(SIGUSR1, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

// When memory runs out, the kernel should kill a worker rather than the master. Without the right to do so the score
// stays.
void raiseOomScore() {
  if (const auto before = oomAdjustment()) setOomAdjustment(std::min(*before + 500, 1000));
}

}  // namespace

Result<void> becomeWorker(const WorkerOptions& options, link::Link& link) {
  catchSignals();
  ::setsid();  // fails, without harm, if this process leads a session already
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Yama (ptrace_scope 1) then lets processes of the instance look into this one, for `leptir stack`. Fails without it.
  ::prctl(PR_SET_PTRACER, static_cast<unsigned long>(options.masterPid), 0, 0, 0);
  if (::getppid() != options.masterPid) return Error(ErrorCode::Unavailable, "worker: the master is gone");
  raiseOomScore();
  installCrashHandler(link.slot(options.slot));
  return link.confineToWorker(options.slot);
}

bool takeReopenRequest() {
  if (reopenRequested == 0) return false;
  reopenRequested = 0;
  return true;
}

}  // namespace leptir::worker
