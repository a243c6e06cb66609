#include "master/death_certificate.h"

#include <sys/wait.h>

#include <algorithm>
#include <cstring>

namespace leptir {
namespace {

Duration asDuration(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

}  // namespace

DeathCertificate certify(int pid, int waitStatus, const rusage& usage, BootTime now) {
  DeathCertificate death;
  death.pid = pid;
  death.exitCode = WIFEXITED(waitStatus) ? WEXITSTATUS(waitStatus) : 0;
  death.signal = WIFSIGNALED(waitStatus) ? WTERMSIG(waitStatus) : 0;
  death.cpuTime = asDuration(usage.ru_utime) + asDuration(usage.ru_stime);
  death.maxRss = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  death.at = now;
  return death;
}

std::string describe(const DeathCertificate& death) {
  if (death.signal == 0) return "exited with status " + std::to_string(death.exitCode);
  return "was killed by signal " + std::to_string(death.signal) + " (" + ::strsignal(death.signal) + ")";
}

Verdict verdictOf(const DeathCertificate& death, BootTime started, Duration cpuTimeBefore) {
  Verdict verdict;
  verdict.started = started;
  verdict.ended = death.at;
  verdict.pid = death.pid;
  verdict.signal = death.signal;
  verdict.exitCode = death.exitCode;
  verdict.cpuTime = death.cpuTime - std::clamp(cpuTimeBefore, Duration::zero(), death.cpuTime);
  verdict.maxRss = death.maxRss;
  if (death.lastWords) {
    verdict.lastWords = death.lastWords->kind;
    verdict.sender = death.lastWords->sender;
    verdict.faultAddress = death.lastWords->faultAddress;
  }
  verdict.oomKilled = death.oomKilled;
  verdict.stderrFrom = death.stderrFrom;
  verdict.stderrTo = death.stderrTo;
  return verdict;
}

}  // namespace leptir
