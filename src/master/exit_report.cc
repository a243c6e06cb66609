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
  ExitReport report;
  report.pid = pid;
  report.exitCode = WIFEXITED(waitStatus) ? WEXITSTATUS(waitStatus) : 0;
  report.signal = WIFSIGNALED(waitStatus) ? WTERMSIG(waitStatus) : 0;
  report.cpuTime = asDuration(usage.ru_utime) + asDuration(usage.ru_stime);
  report.maxRss = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  report.at = now;
  return report;
}

std::string describe(const ExitReport& report) {
  if (report.signal == 0) return "exited with status " + std::to_string(report.exitCode);
  return "was killed by signal " + std::to_string(report.signal) + " (" + ::strsignal(report.signal) + ")";
}

link::Verdict verdictOf(const ExitReport& report, BootTime started, Duration cpuTimeBefore) {
  link::Verdict verdict;
  verdict.started = started;
  verdict.ended = report.at;
  verdict.pid = report.pid;
  verdict.signal = report.signal;
  verdict.exitCode = report.exitCode;
  verdict.cpuTime = report.cpuTime - std::clamp(cpuTimeBefore, Duration::zero(), report.cpuTime);
  verdict.maxRss = report.maxRss;
  if (report.crashReport) {
    verdict.crashReportKind = report.crashReport->kind;
    verdict.signalSender = report.crashReport->signalSender;
    verdict.faultAddress = report.crashReport->faultAddress;
  }
  verdict.oomKilled = report.oomKilled;
  verdict.stderrFrom = report.stderrFrom;
  verdict.stderrTo = report.stderrTo;
  return verdict;
}

}  // namespace leptir::master
