// The shared memory and the bells (wake-up descriptors) of one instance, by which its processes communicate. The master
// makes them before it forks; its children inherit them.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "leptir/result.h"
#include "leptir/spi/wake.h"
#include "link/run_logs.h"
#include "link/shared_page.h"
#include "link/slot.h"
#include "link/status_board.h"
#include "link/worker_stderr.h"

namespace leptir::link {

class Link {
 public:
  // Unavailable: memory or descriptors ran out.
  static Result<std::unique_ptr<Link>> create(int workers);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Adds slots until there are `workers` of them; existing slots keep their addresses. Master only. Processes that were
  // forked earlier do not see the new slots. Unavailable: as create.
  Result<void> growTo(int workers);

  // Makes the slot kReportSlot, if there is none yet. Master only, as growTo.
  Result<void> addReportSlot();
  bool hasReportSlot() const { return reportSeat_ != nullptr; }

  // The number of slots for tasks. The functions below take the number of one of them, or kReportSlot.
  int workers() const { return static_cast<int>(seats_.size()); }
  SharedPage& page() { return *page_; }
  Slot& slot(int worker) { return seat(worker).slot; }

  // A bell only wakes the process that waits for it; all data stands in the slots and the shared page.
  // Rung by workers, the master and the dispatcher's threads.
  Wake& dispatcherBell() { return dispatcherBell_; }
  // Rung by the dispatcher; closed in workers.
  Wake& masterBell() { return *masterBell_; }
  // Rung by the dispatcher and the master.
  Wake& workerBell(int worker) { return *seat(worker).bell; }
  // Rung by the master: the stop token of the worker's running task.
  Wake& stopBell(int worker) { return *seat(worker).stopBell; }

  WorkerStderr& workerStderr(int worker) { return seat(worker).stderrFile; }

  // The logs of runs, for reading: in every process but a worker.
  const RunLogs& runLogs() const { return runLogs_; }
  // Worker: the memory for the logs of its runs, for a RunLogWriter; null: there is none.
  char* ownRunLog() const { return ownRunLog_; }

  // Calls `visit(int worker)` for each existing slot, the report slot included.
  template <class Visit>
  void forEachSlot(Visit visit) const {
    for (int worker = 0; worker < workers(); ++worker) visit(worker);
    if (hasReportSlot()) visit(kReportSlot);
  }

  // Worker, right after its fork: unmaps the slots and closes the bells of other workers, makes memory read-only that a
  // worker only reads, and redirects its stderr into the file of its slot.
  Result<void> confineToWorker(int worker);

 private:
  // What one worker has of the link.
  struct Seat {
    Slot slot;
    WorkerStderr stderrFile;
    std::unique_ptr<Wake> bell = std::make_unique<Wake>();  // both are null in other workers
    std::unique_ptr<Wake> stopBell = std::make_unique<Wake>();
    Seat(Slot mapped, WorkerStderr file) : slot(std::move(mapped)), stderrFile(std::move(file)) {}
    static Result<std::unique_ptr<Seat>> create();
  };

  Link() = default;
  Seat& seat(int worker) { return worker == kReportSlot ? *reportSeat_ : *seats_[static_cast<std::size_t>(worker)]; }
  static void closeSeat(Seat& seat);

  SharedPage* page_ = nullptr;
  RunLogs runLogs_ = RunLogs::create();
  char* ownRunLog_ = nullptr;
  std::vector<std::unique_ptr<Seat>> seats_;  // pointers: slots keep their addresses when one is added
  std::unique_ptr<Seat> reportSeat_;          // null: no error reporter was ever configured
  Wake dispatcherBell_;
  std::unique_ptr<Wake> masterBell_ = std::make_unique<Wake>();  // null in a worker
};

}  // namespace leptir::link
