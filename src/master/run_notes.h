// What the master notes when the run of a task begins, or a little earlier, for the report of a crash: how much the
// worker had written to its stderr, and how often the kernel had killed a process because memory ran out.
#pragma once

#include <cstdint>
#include <optional>

#include "link/slot.h"
#include "link/worker_stderr.h"
#include "master/exit_report.h"
#include "master/running_task.h"

namespace leptir::master {

class RunNotes {
 public:
  RunNotes(link::Slot& slot, link::WorkerStderr& workerStderr) : slot_(slot), stderr_(workerStderr) {}

  // A worker is about to start. Empties the stderr file of the slot, unless the dispatcher has yet to forward text of
  // it or to read it for the record of a dead worker's task.
  void beginWorker();
  // To be called each time the master has scanned the slot of a living worker.
  void note(const std::optional<RunningTask>& running);
  // The worker was reaped: the parts of its exit report that these notes tell. `killed`: the master killed it.
  void complete(ExitReport& report, const std::optional<RunningTask>& running, bool killed);

 private:
  // True: this task is seen for the first time, so it began after the last scan.
  bool noteStderrOf(const std::optional<RunningTask>& running);

  link::Slot& slot_;
  link::WorkerStderr& stderr_;
  std::optional<RunningTask> task_;
  std::uint64_t stderrSeen_ = 0;  // at the last scan
  std::uint64_t stderrFrom_ = 0;  // at the last scan before the run
  std::optional<std::uint64_t> oomKillsBefore_;
};

}  // namespace leptir::master
