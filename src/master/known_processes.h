// Tells apart the processes that the master meets among its children: those that it started, those that must be spared,
// and (all others) orphans of tasks, which became its children when their parents died.
#pragma once

#include <set>
#include <vector>

#include "base/process_tree.h"

namespace leptir::master {

class KnownProcesses {
 public:
  // A child that the master started; until it is reaped and, if it is a worker, its verdict is written.
  void addChild(int pid) { children_.insert(pid); }
  void removeChild(int pid) { children_.erase(pid); }
  bool isChild(int pid) const { return children_.contains(pid); }

  // A child that this process had before it became a master.
  void addForeign(int pid) { foreign_.insert(pid); }
  // Processes that tasks left behind on purpose and that outlived their worker.
  void addKept(const std::vector<base::ProcessInfo>& processes);
  // Whether the master never kills this process: it is foreign, or one of the kept processes or of their sessions.
  bool isSpared(const base::ProcessInfo& process) const;

 private:
  std::set<int> children_, foreign_;
  std::vector<base::ProcessInfo> kept_;
};

}  // namespace leptir::master
