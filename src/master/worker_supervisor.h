// Keeps one slot supplied with a worker: starts the worker, stops its task at a deadline, and starts the next worker
// after its death (WorkerDeath says what comes between). The worker in kReportSlot runs error reports instead of tasks:
// it goes on while the instance stops, until the dispatcher has ended.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/process_tree.h"
#include "link/cell_scan.h"
#include "master/deadline_watch.h"
#include "master/exit_report.h"
#include "master/hang_watch.h"
#include "master/master_context.h"
#include "master/restart_backoff.h"
#include "master/run_notes.h"
#include "master/worker_death.h"
#include "master/worker_tree.h"

namespace leptir::master {

class WorkerSupervisor {
 public:
  WorkerSupervisor(int slot, MasterContext& context);

  // To be called in each round of the master: does what is due now.
  void tick(BootTime now, link::ShutdownStage stopping);
  // To be called when a child was reaped. False: it was neither this worker nor its crash symbolizer. `left`: the
  // processes in the child's group that the master has just killed.
  bool handleExit(const ExitReport& report, const std::vector<base::ProcessInfo>& left);
  // Kills the worker and logs `why`. The task that it runs returns to its queue without counting as an attempt.
  void killWorker(BootTime now, std::string_view why);

  // After a reload: the present worker exits after its task, at once if it runs none; another one replaces it if
  // `wanted`. No assigned task begins before that.
  void replace(bool wanted, BootTime now);

  // Whether this slot is to have a worker.
  bool isWanted() const { return wanted_; }
  bool isReady() const { return wanted_ && slot_.workerReady() != 0; }
  // Whether there is a worker, or a dead one whose task has no verdict or stack yet.
  bool hasWorkerOrRemains() const { return worker_ || death_.isPending() || death_.isSymbolizing(); }
  bool isRunningATask() const { return runningATask_; }
  // When to call `tick` again at the latest.
  BootTime next() const;

  void signal(int number) const;
  void closeInChild();

 private:
  void start(BootTime now);
  void prepareSlot();
  void watch(BootTime now, link::ShutdownStage stopping);
  void killIfCellsInvalid(const link::CellScan& scan);
  void enforceDeadlines(const std::optional<RunningTask>& running, BootTime now);
  void stop(const RunningTask& task, link::StopReason reason, BootTime now);
  void countEnd(const ExitReport& report, const std::optional<RunningTask>& running, bool killed) const;
  metrics::ProcessRow& counters() const;
  void scheduleNext(const ExitReport& report, BootTime now);
  bool executedSomething() const;
  // Whether the worker may start, and begin what is assigned to it, at this stage.
  bool mayBeginAt(link::ShutdownStage stage) const;
  std::string_view whatItRuns() const { return slotNumber_ == link::kReportSlot ? "report" : "task"; }
  std::string name() const;
  std::string nameAndPid() const;

  const int slotNumber_;
  MasterContext& context_;
  link::Slot& slot_;
  DeadlineWatch deadlines_;
  HangWatch hangs_;
  RunNotes notes_;
  RestartBackoff backoff_;
  WorkerDeath death_;

  std::optional<WorkerTree> worker_;
  BootTime started_{};  // when the present worker was started
  BootTime startAt_{};  // when to start the next worker
  bool runningATask_ = false;
  bool wanted_ = true;    // whether this slot is to have a worker
  bool leaving_ = false;  // whether the worker was asked to exit between two tasks
  // Why the worker ends, where its task was not stopped for a reason of its own.
  link::StopReason reason_ = link::StopReason::Crash;
};

}  // namespace leptir::master
