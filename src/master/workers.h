// The workers of an instance: one supervisor for each slot, that of the error reports included.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/process_tree.h"
#include "master/exit_report.h"
#include "master/master_context.h"
#include "master/worker_supervisor.h"

namespace leptir::master {

class Workers {
 public:
  // As many as the options say, of which `tick` starts the processes. The numbers below are about workers that run
  // tasks.
  explicit Workers(MasterContext& context) : context_(context) { addMissing(); }

  // To be called in each round of the master.
  void tick(BootTime now, link::ShutdownStage stopping);
  // To be called when a child was reaped. False: it was neither a worker nor a crash symbolizer. `left`: the processes
  // in the child's group that the master has just killed.
  bool handleExit(const ExitReport& report, const std::vector<base::ProcessInfo>& left);
  // After a reload: each present worker exits after its task; as many as the new options say are started.
  void replace(BootTime now);
  // After an order: as many workers as the options say run from now on; the present ones of these go on.
  void resize(BootTime now);
  void killAll(BootTime now, const std::string& why);
  void signal(int number) const;
  void closeInChild();

  int runningTasks() const;
  bool anyTaskRuns() const { return runningTasks() > 0; }
  bool anyReady() const;
  // Whether no worker lives, and no dead one waits for its verdict.
  bool allGone() const;
  // How many slots `status` shows: workers that a reload made superfluous count until they have exited.
  int slotsInUse() const;
  // When to call `tick` again at the latest.
  BootTime next() const;

 private:
  void addMissing();
  template <class Visit>
  void forEach(Visit visit);
  template <class Visit>
  void forEach(Visit visit) const;

  MasterContext& context_;
  std::deque<WorkerSupervisor> supervisors_;
  std::optional<WorkerSupervisor> reportSupervisor_;  // none: no error reporter was ever configured
};

}  // namespace leptir::master
