// The processes that a task leaves behind: they end with it, unless the configuration of its name keeps them.
#pragma once

#include <string>
#include <vector>

#include "base/process_tree.h"
#include "link/slot.h"

namespace leptir {

// In a worker, which is the subreaper of what its tasks start: whatever becomes an orphan becomes its child.
class Descendants {
 public:
  // Children of the start hooks stay. `slot` outlives it.
  explicit Descendants(Slot& slot);

  // Kills what a task has left behind, and waits for its end, 200 ms at the longest. Names what was ended, as
  // "process 123 (sleep)", at most ten of them; empty: nothing was left. One system call when there is no child.
  std::vector<std::string> end();
  // Lets what a task has left behind live, and says so in the slot, for the master. Answers how many of the processes
  // that are new the slot has no space for (Slot::kMostKept): they end with the worker.
  std::size_t keep();

 private:
  void addNew();

  Slot& slot_;
  std::vector<ProcessInfo> kept_;
};

}  // namespace leptir
