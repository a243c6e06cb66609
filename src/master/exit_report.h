// How a child process ended, as wait4 reported it. The verdict of a cell and a log line are made from it.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <memory>
#include <string>

#include "leptir/clock.h"
#include "link/slot.h"

namespace leptir::master {

struct ExitReport {
  int pid = 0;
  int exitCode = 0;
  int signal = 0;            // zero: the process exited
  Duration cpuTime{};        // user and system, its reaped children included
  std::uint64_t maxRss = 0;  // bytes
  BootTime at{};             // when the process was reaped

  std::shared_ptr<const link::CrashReport> crashReport;  // null: the process wrote none
  bool oomKilled = false;                                // the kernel killed it because memory ran out
  std::uint64_t stderrFrom = 0, stderrTo = 0;            // range in its stderr, from shortly before its task began

  bool exitedWithStatusZero() const { return signal == 0 && exitCode == 0; }
};

ExitReport makeExitReport(int pid, int waitStatus, const rusage& usage, BootTime now);

// "exited with status 3", "was killed by signal 11 (Segmentation fault)".
std::string describe(const ExitReport& report);

// `cpuTimeBefore`: the CPU time that the worker had used when the run began.
link::Verdict verdictOf(const ExitReport& report, BootTime started, Duration cpuTimeBefore);

}  // namespace leptir::master
