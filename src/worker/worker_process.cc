#include "worker/worker_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "base/unique_fd.h"
#include "worker/crash_handler.h"
#include "worker/kernel_priorities.h"

namespace leptir {
namespace {

// What starting a program takes, and a little more.
constexpr int kDescriptorsForATask = 8;

// A handler can reach nothing else. Set by USR1, taken between two tasks.
volatile std::sig_atomic_t reopenRequested = 0;

// A TERM that nobody marked in the cell is none of the worker's business (systemd sends it to everyone), but a program
// that a task starts must get it: handlers are reset by an exec, ignored signals are not.
void catchSignals() {
  struct sigaction action{};
  action.sa_flags = SA_RESTART;
  action.sa_handler = [](int) {};
  for (const int signal : {SIGTERM, SIGINT, SIGQUIT, SIGHUP}) ::sigaction(signal, &action, nullptr);
  action.sa_handler = [](int) { reopenRequested = 1; };
  ::sigaction(SIGUSR1, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

// When memory runs out the kernel should end a task, not the master. Where that is not allowed it stays as it is.
void volunteerForTheOomKiller() {
  if (const auto before = oomAdjustment()) setOomAdjustment(std::min(*before + 500, 1000));
}

}  // namespace

Result<void> becomeWorker(const WorkerOptions& options, Link& link) {
  catchSignals();
  ::setsid();  // fails where it was done already
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != options.masterPid) return Error(ErrorCode::Unavailable, "worker: the master is gone");
  volunteerForTheOomKiller();
  installCrashHandler(link.slot(options.slot));
  return link.confineToWorker(options.slot);
}

bool takeReopenRequest() {
  if (reopenRequested == 0) return false;
  reopenRequested = 0;
  return true;
}

bool isStillABell(const Wake& bell) {
  struct stat info{};
  // An eventfd is no kind of file at all: no type stands in its mode.
  return ::fstat(bell.descriptor(), &info) == 0 && (info.st_mode & S_IFMT) == 0;
}

bool hasDescriptorsLeft() {
  UniqueFd spare[kDescriptorsForATask];
  for (auto& descriptor : spare) {
    descriptor = UniqueFd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!descriptor && errno == EMFILE) return false;
  }
  return true;
}

}  // namespace leptir
