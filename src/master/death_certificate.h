// How a child process ended, as wait4 told it: what becomes the verdict of a cell and a line in the log.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <memory>
#include <string>

#include "leptir/clock.h"
#include "link/slot.h"

namespace leptir {

struct DeathCertificate {
  int pid = 0;
  int exitCode = 0;
  int signal = 0;      // zero: it exited
  Duration cpuTime{};  // user and system, children that it waited for included
  std::uint64_t maxRss = 0;
  BootTime at{};  // when it was reaped

  std::shared_ptr<const LastWords> lastWords;  // null: it said nothing
  bool oomKilled = false;                      // the kernel ran out of memory and chose it
  std::uint64_t stderrFrom = 0, stderrTo = 0;  // what it wrote there while its task ran, or a moment more
};

DeathCertificate certify(int pid, int waitStatus, const rusage& usage, BootTime now);

// "exited with status 3", "was killed by signal 11 (Segmentation fault)".
std::string describe(const DeathCertificate& death);

// `cpuTimeBefore`: what the worker had used when the run began.
Verdict verdictOf(const DeathCertificate& death, BootTime started, Duration cpuTimeBefore);

}  // namespace leptir
