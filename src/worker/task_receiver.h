// Where the worker gets its tasks from: follows the ring of its slot, waits while there is nothing to begin, and begins
// one cell after the other.
#pragma once

#include <optional>

#include "link/link.h"
#include "worker/worker.h"

namespace leptir {

// A cell that this worker turned to executing.
struct BegunCell {
  std::size_t cell = 0;
  CellWord executing;
};

class TaskReceiver {
 public:
  TaskReceiver(const WorkerOptions& options, Link& link, const Clock& clock);

  // The next task, however long that takes. None: the worker must end; `exitStatus` says how.
  std::optional<BegunCell> next();
  int exitStatus() const { return exitStatus_; }

  // Whether the task after the last one waits already.
  bool isNextAssigned() const { return slot_.word(cell_).state == CellState::Assigned; }

 private:
  std::optional<BegunCell> tryToBegin();
  // The next task wants a worker that has run nothing yet, and this one has.
  bool isTooOldForNext() const { return begunAny_ && isNextAssigned() && slot_.assignmentHeader(cell_).fresh != 0; }
  bool mayBeginHere() const;
  bool spin() const;
  bool sleep();
  void findTheRing();
  bool mustLeave();

  const WorkerOptions& options_;
  const SharedPage& page_;
  Slot& slot_;
  Wake& bell_;
  const Clock& clock_;
  const int pid_;
  std::size_t cell_ = 0;
  bool begunAny_ = false;
  int exitStatus_ = 0;
};

}  // namespace leptir
