// Keeps one slot supplied with a worker: starts the worker and stops its task at a deadline. After the worker's death
// it kills the processes that the worker left behind, writes the verdict and starts the next worker, in this order.
// Only the dispatcher waits for the crash symbolizer, before it settles that one task; the next worker does not. A slot
// has one symbolizer at a time: the verdict of the next death waits for it.
#pragma once

#include <optional>

#include "base/process_tree.h"
#include "master/child_process.h"
#include "master/crash_symbolizer.h"
#include "master/deadline_watch.h"
#include "master/exit_report.h"
#include "master/master_context.h"
#include "master/restart_backoff.h"
#include "master/slot_scan.h"

namespace leptir::master {

class WorkerSupervisor {
 public:
  WorkerSupervisor(int slot, MasterContext& children);

  // To be called in each round of the master: does what is due now.
  void tick(BootTime now, link::ShutdownStage stopping);
  // To be called when a child was reaped. False: it was neither this worker nor its crash symbolizer. `left`: the
  // processes in the child's group that the master has just killed.
  bool reaped(const ExitReport& death, const std::vector<base::ProcessInfo>& left);
  // Kills the worker and logs `why`. The task that it runs returns to its queue without counting as an attempt.
  void end(BootTime now, const std::string& why);

  // After a reload: the present worker exits after its task, at once if it runs none; another one replaces it if
  // `wanted`. No assigned task begins before that.
  void renewWorkers(bool wanted, BootTime now);

  bool isReady() const { return wanted_ && slot_.workerReady() != 0; }
  // Whether there is a worker, or a dead one whose task has no verdict or stack yet.
  bool hasWorkerOrRemains() const { return child_ || exitReport_ || symbolizer_; }
  bool isRunningATask() const { return runningATask_; }
  // When to call `tick` again at the latest.
  BootTime next() const;

  void signal(int number) const;
  void closeInChild();

 private:
  void startChild(BootTime now);
  void check(BootTime now, link::ShutdownStage stopping);
  void stop(const RunningTask& task, link::StopReason reason, BootTime now);
  void kill();
  void signalTask(const std::vector<base::ProcessInfo>& below, int number);
  std::vector<base::ProcessInfo> descendantsOfTask() const;
  void adoptKeptDescendants();
  void watchForHanging(const SlotScan& sight, BootTime now, link::ShutdownStage stopping);
  void sweep(BootTime now);
  void logKilled(bool someStay);
  bool isStray(const base::ProcessInfo& process) const;
  void settle(BootTime now);
  void settleCell(std::size_t cell, link::CellWord word);
  void beginStderr();
  void noteTask(const SlotScan& sight);
  ExitReport completeExitReport(ExitReport death) const;
  bool executedSomething() const;
  std::string name() const;
  std::string nameAndPid() const;

  const int slotNumber_;
  MasterContext& context_;
  link::Slot& slot_;
  DeadlineWatch watch_;
  RestartBackoff backoff_;

  std::optional<ChildProcess> child_;
  BootTime started_{};  // when the present worker was started
  BootTime startAt_{};  // when to start the next worker
  bool runningATask_ = false;
  bool killed_ = false;
  bool wanted_ = true;                                        // whether this slot is to have a worker
  bool leaving_ = false;                                      // whether the worker was asked to exit between two tasks
  link::StopReason defaultReason_ = link::StopReason::Crash;  // the reason in the verdict, unless the cell has one

  BootTime lastTick_{};
  std::optional<std::pair<std::size_t, link::CellWord>>
      waiting_;              // the assigned cell that the worker should have begun
  BootTime waitingSince_{};  // since when that cell has been waiting

  std::optional<ExitReport> exitReport_;  // of a worker that was reaped and has no verdict yet
  std::vector<base::ProcessInfo>
      descendants_;          // descendants of the worker when its task was stopped and when it was killed
  BootTime orphansSince_{};  // an orphan that started earlier is not the dead worker's
  BootTime sweepUntil_{};
  KilledProcesses killedProcesses_;            // logged once all descendants are gone
  bool isRecorded_ = false;                    // a record will report this death, so it is not logged here as well
  std::optional<CrashSymbolizer> symbolizer_;  // for the last dead worker

  // The following stem from the moment when the running task began, or a little earlier.
  std::optional<std::pair<std::size_t, link::CellWord>> seenTask_;  // the cell of that task
  std::uint64_t stderrSeen_ = 0, stderrFrom_ = 0;
  std::optional<std::uint64_t> oomKillsBefore_;
};

}  // namespace leptir::master
