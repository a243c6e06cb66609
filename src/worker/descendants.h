// Processes that a task leaves running: they are killed when it ends, unless keep_descendants is set for its task name.
#pragma once

#include <string>
#include <vector>

#include "base/process_tree.h"
#include "link/slot.h"

namespace leptir::worker {

// Used in a worker, which is the subreaper of what its tasks start: each process that loses its parent becomes a child
// of the worker.
class Descendants {
 public:
  // Children that start hooks have started are kept. `slot` must outlive this object.
  explicit Descendants(link::Slot& slot);

  // Kills the processes that a task has left running and waits until they are gone, 200 ms at most. Answers what it
  // killed, as "process 123 (sleep)", at most ten of them; empty: nothing was left. One system call when there is no
  // child.
  std::vector<std::string> end();
  // Keeps the processes that a task has left running, and lists them in the slot for the master. Answers how many of
  // the new ones the slot has no space for (Slot::kMaxKeptDescendants): those are killed when the worker ends.
  std::size_t keepAndCountUnlisted();

 private:
  void addNewToKept();

  link::Slot& slot_;
  std::vector<base::ProcessInfo> kept_;
};

}  // namespace leptir::worker
