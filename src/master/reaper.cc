#include "master/reaper.h"

#include <sys/wait.h>

#include <ctime>
#include <string>

#include "master/killed_processes.h"

namespace leptir::master {
namespace {

// How long new orphans of killed processes are looked for.
constexpr Duration kMaxStraySearchTime = std::chrono::milliseconds(200);

}  // namespace

void Reaper::reapChildren() {
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    reapChild(info.si_pid);
  }
}

void Reaper::reapChild(int pid) {
  // Until the child is reaped no other process or group can get its number. Only children that the master started have
  // their group killed; orphans of tasks, which the master inherited, do not.
  const auto left = context_.processes.isChild(pid) ? base::killGroup(pid) : std::vector<base::ProcessInfo>();
  int status = 0;
  rusage usage{};
  if (::wait4(pid, &status, 0, &usage) != pid) return;
  const auto report = makeExitReport(pid, status, usage, clock_.bootTime());
  if (onDeath_(report, left)) return;
  KilledProcesses killed;
  killed.add(left);
  if (killed.any())
    context_.log.warning(
        "Child process " + std::to_string(pid) + " " + describe(report) +
        "; it left processes in its process group, which leptir has killed: " + killed.processListText() + ".");
}

void Reaper::killStrays() {
  const auto until = clock_.bootTime() + kMaxStraySearchTime;
  const auto isStray = [this](const base::ProcessInfo& process) { return !context_.processes.isSpared(process); };
  KilledProcesses killed;
  for (;;) {
    const auto strays = base::killStrayChildren(isStray);
    killed.add(strays);
    if (strays.empty() || clock_.bootTime() >= until) break;
    const timespec moment{0, 2'000'000};
    ::nanosleep(&moment, nullptr);
    reapChildren();
  }
  reapChildren();
  if (killed.any())
    context_.log.warning("Killed what tasks had left running when leptir ended: " + killed.processListText() + ".");
}

}  // namespace leptir::master
