// Takes the worker's tasks from its slot: follows the ring of cells, waits while no task may begin, and begins one cell
// after the other.
#pragma once

#include <optional>

#include "link/link.h"
#include "worker/worker.h"

namespace leptir::worker {

// A cell that this worker has turned from assigned to executing.
struct BegunCell {
  std::size_t cell = 0;
  link::CellWord executing;
};

class TaskReceiver {
 public:
  TaskReceiver(const WorkerOptions& options, link::Link& link, const Clock& clock);

  // Waits for the next task, however long that takes. nullopt: the worker must end, with `exitStatus`.
  std::optional<BegunCell> next();
  int exitStatus() const { return exitStatus_; }

  // Whether the next cell of the ring is assigned already.
  bool isNextAssigned() const { return slot_.word(nextCell_).state == link::CellState::Assigned; }

 private:
  std::optional<BegunCell> tryToBegin();
  // Whether the next task needs a worker that has run no task yet, while this one has.
  bool needsFreshWorkerForNext() const {
    return begunAny_ && isNextAssigned() && slot_.assignments().header(nextCell_).needsFreshWorker != 0;
  }
  bool mayBeginNext() const;
  // Whether the shutdown has come to a stage at which nothing begins any more.
  bool isShuttingDown() const {
    const auto last = options_.runsReports() ? link::ShutdownStage::Now : link::ShutdownStage::No;
    return page_.stopping.load() > last;
  }
  bool spinUntilAssigned() const;
  bool sleepUnlessMustEnd();
  void findFirstAssigned();
  bool mustEnd();

  const WorkerOptions& options_;
  const link::SharedPage& page_;
  link::Slot& slot_;
  Wake& bell_;
  const Clock& clock_;
  const int pid_;
  std::size_t nextCell_ = 0;
  bool begunAny_ = false;
  int exitStatus_ = 0;
};

}  // namespace leptir::worker
