// A living worker and the processes below it: the programs and forks of its task.
#pragma once

#include <csignal>
#include <utility>
#include <vector>

#include "base/process_tree.h"
#include "link/slot.h"
#include "master/child_process.h"
#include "master/killed_processes.h"

namespace leptir::master {

class WorkerTree {
 public:
  // `slot` lists the processes that earlier tasks left behind on purpose: they are not signalled.
  WorkerTree(ChildProcess worker, const link::Slot& slot) : worker_(std::move(worker)), slot_(&slot) {}

  int pid() const { return worker_.pid(); }
  // Signals the worker alone.
  void signal(int number) const { worker_.signal(number); }

  // Before `terminate`: notes which descendants the worker has.
  void noteDescendants() { descendants_ = findDescendants(); }
  // Sends SIGTERM to the worker and to the descendants that were noted.
  void terminate() const { signalAll(descendants_, SIGTERM); }
  // Sends SIGKILL to the worker and to all its descendants, once.
  void kill();
  bool isKilled() const { return killed_; }

  void closeInChild() { worker_.closeInChild(); }

  // For the time after the worker's death, when descendants cannot be found by their parents any more.
  struct Remains {
    std::vector<base::ProcessInfo> descendants;  // when the task was stopped, and when the worker was killed
    KilledProcesses killed;
  };
  Remains takeRemains() { return {std::move(descendants_), std::move(killedProcesses_)}; }

 private:
  std::vector<base::ProcessInfo> findDescendants() const;
  void signalAll(const std::vector<base::ProcessInfo>& descendants, int number) const;

  ChildProcess worker_;
  const link::Slot* slot_;
  std::vector<base::ProcessInfo> descendants_;
  KilledProcesses killedProcesses_;
  bool killed_ = false;
};

}  // namespace leptir::master
