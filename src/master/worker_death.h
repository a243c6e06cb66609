// What the master does after it has reaped a worker: it kills the processes that the worker left running, then writes
// the verdict about its task and frees the slot for the next worker. A crash symbolizer may run on after that: only the
// dispatcher waits for it, before it settles that one task. A slot has one symbolizer at a time: the verdict of the
// next death waits for it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/process_tree.h"
#include "link/slot.h"
#include "master/crash_symbolizer.h"
#include "master/exit_report.h"
#include "master/master_context.h"
#include "master/worker_tree.h"

namespace leptir::master {

class WorkerDeath {
 public:
  // `slotNumber` and `workerName` are those of the supervisor.
  WorkerDeath(MasterContext& context, int slotNumber, std::string workerName);

  struct Facts {
    ExitReport report;
    WorkerTree::Remains remains;
    bool ranATask = false;
    BootTime taskStarted{};                             // of the last task that ran
    link::StopReason reason = link::StopReason::Crash;  // why the task ended, unless its cell says a reason
  };
  // The worker was reaped.
  void begin(Facts facts);
  // Whether a dead worker's task has no verdict yet.
  bool isPending() const { return facts_.has_value(); }
  // Whether a crash symbolizer runs.
  bool isSymbolizing() const { return symbolizer_.has_value(); }

  // To be called in each round of the master. The exit report of the dead worker, once its verdict is written.
  std::optional<ExitReport> tick(BootTime now);
  // To be called when a child was reaped. False: it was not the crash symbolizer.
  bool handleSymbolizerExit(int pid);
  // When to call `tick` again at the latest.
  BootTime next() const;

  void closeInChild();

 private:
  void adoptKeptDescendants();
  void stopLateSymbolizer(BootTime now);
  bool killStrays(BootTime now);
  bool isStray(const base::ProcessInfo& process) const;
  void logKilled(bool someSurvived);
  void recordDeath();
  void writeVerdict(std::size_t cell, link::CellWord word);
  std::string nameAndPid() const;

  MasterContext& context_;
  const int slotNumber_;
  const std::string workerName_;
  link::Slot& slot_;
  std::optional<Facts> facts_;
  BootTime sweepUntil_{};
  bool isRecorded_ = false;  // a record will report this death, so it is not logged here as well
  std::optional<CrashSymbolizer> symbolizer_;
};

}  // namespace leptir::master
