// Keeps one slot supplied with a worker: starts it, stops its task when its time is up, and when it is dead ends what
// it left behind, writes the verdict and starts the next one, in this order. The next one does not wait for the
// autopsy: only the dispatcher does, before it settles that one task. The death after it does, so a slot has one at a
// time.
#pragma once

#include <optional>

#include "base/process_tree.h"
#include "master/autopsy.h"
#include "master/child_process.h"
#include "master/children.h"
#include "master/deadline_watch.h"
#include "master/death_certificate.h"
#include "master/restart_pause.h"
#include "master/slot_sight.h"

namespace leptir {

class WorkerKeeper {
 public:
  WorkerKeeper(int slot, Children& children);

  // Each round of the master: does what is due now.
  void tick(BootTime now, Stopping stopping);
  // A child was reaped; false: it was neither this worker nor its autopsy. `left`: what was killed in its group then.
  bool reaped(const DeathCertificate& death, const std::vector<ProcessInfo>& left);
  // Kills the worker whatever it does, and logs `why`. A task that it runs is given back: it was not its fault.
  void end(BootTime now, const std::string& why);

  // After a reload: the worker that is here ends after its task, at once if it runs none; another one takes its place
  // if `wanted`. Nothing that stands assigned begins before that.
  void employ(bool wanted, BootTime now);

  bool isReady() const { return wanted_ && slot_.workerReady() != 0; }
  // Whether there is a worker, or one whose remains are not settled yet.
  bool isBusyWithOne() const { return child_ || death_ || autopsy_; }
  bool isRunningATask() const { return runningATask_; }
  // When to tick again at the latest.
  BootTime next() const;

  void signal(int number) const;
  void closeInChild();

 private:
  void startOne(BootTime now);
  void look(BootTime now, Stopping stopping);
  void stop(const RunningTask& task, StopReason reason, BootTime now);
  void kill();
  void signalTask(const std::vector<ProcessInfo>& below, int number);
  std::vector<ProcessInfo> descendantsOfTask() const;
  void takeOverKept();
  void watchForHanging(const SlotSight& sight, BootTime now, Stopping stopping);
  void sweep(BootTime now);
  void sayKilled(bool someStay);
  bool isStray(const ProcessInfo& process) const;
  void settle(BootTime now);
  void settleCell(std::size_t cell, CellWord word);
  void beginStderr();
  void noteTask(const SlotSight& sight);
  DeathCertificate examine(DeathCertificate death) const;
  bool executedSomething() const;
  std::string name() const;
  std::string nameAndPid() const;

  const int slotNumber_;
  Children& children_;
  Slot& slot_;
  DeadlineWatch watch_;
  RestartPause pause_;

  std::optional<ChildProcess> child_;
  BootTime started_{};  // of the worker
  BootTime startAt_{};  // of the next one
  bool runningATask_ = false;
  bool killed_ = false;
  bool wanted_ = true;                       // that there is a worker here
  bool leaving_ = false;                     // asked to end between two tasks
  StopReason endedFor_ = StopReason::Crash;  // what a task gets that was running, unless its cell says more

  BootTime lastTick_{};
  std::optional<std::pair<std::size_t, CellWord>> waiting_;  // the assigned cell that it should have begun,
  BootTime waitingSince_{};                                  // and since when we see it

  std::optional<DeathCertificate> death_;  // reaped, not settled yet
  std::vector<ProcessInfo> below_;         // its descendants when we stopped and when we killed it
  BootTime strayedSince_{};                // processes from before are not its task's
  BootTime sweepUntil_{};
  KilledProcesses killedWithIt_;  // told once nothing is left of it
  bool isRecorded_ = false;         // the dispatcher will tell of it: the log says it once
  std::optional<Autopsy> autopsy_;  // of the last worker

  // Before the running task began, or a moment earlier.
  std::optional<std::pair<std::size_t, CellWord>> noted_;  // that task
  std::uint64_t stderrSeen_ = 0, stderrFrom_ = 0;
  std::optional<std::uint64_t> oomKillsBefore_;
};

}  // namespace leptir
