#include "master/exit_report.h"

#include <sys/wait.h>

#include <algorithm>
#include <cstring>

namespace leptir::master {
namespace {

Duration asDuration(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

}  // namespace

ExitReport makeExitReport(int pid, int waitStatus, const rusage& usage, BootTime now) {
  ExitReport death;
  death.pid = pid;
  death.exitCode = WIFEXITED(waitStatus) ? WEXITSTATUS(waitStatus) : 0;
  death.signal = WIFSIGNALED(waitStatus) ? WTERMSIG(waitStatus) : 0;
  death.cpuTime = asDuration(usage.ru_utime) + asDuration(usage.ru_stime);
  death.maxRss = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  death.at = now;
  return death;
}

std::string describe(const ExitReport& death) {
  if (death.signal == 0) return "exited with status " + std::to_string(death.exitCode);
  return "was killed by signal " + std::to_string(death.signal) + " (" + ::strsignal(death.signal) + ")";
}

link::Verdict verdictOf(const ExitReport& death, BootTime started, Duration cpuTimeBefore) {
  link::Verdict verdict;
  verdict.started = started;
  verdict.ended = death.at;
  verdict.pid = death.pid;
  verdict.signal = death.signal;
  verdict.exitCode = death.exitCode;
  verdict.cpuTime = death.cpuTime - std::clamp(cpuTimeBefore, Duration::zero(), death.cpuTime);
  verdict.maxRss = death.maxRss;
  if (death.crashReport) {
    verdict.crashReport = death.crashReport->kind;
    verdict.signalSender = death.crashReport->signalSender;
    verdict.faultAddress = death.crashReport->faultAddress;
  }
  verdict.oomKilled = death.oomKilled;
  verdict.stderrFrom = death.stderrFrom;
  verdict.stderrTo = death.stderrTo;
  return verdict;
}

}  // namespace leptir::master
