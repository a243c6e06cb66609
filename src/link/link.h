// The shared memory and the bells (wake-up descriptors) of one instance, by which its processes communicate. The master
// makes them before it forks; its children inherit them.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "leptir/result.h"
#include "leptir/spi/wake.h"
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

  int workers() const { return static_cast<int>(slots_.size()); }
  SharedPage& page() { return *page_; }
  Slot& slot(int worker) { return slots_[static_cast<std::size_t>(worker)]; }

  // A bell only wakes the process that waits for it; all data stands in the slots and the shared page.
  // Rung by workers, the master and the dispatcher's threads.
  Wake& dispatcherBell() { return dispatcherBell_; }
  // Rung by the dispatcher; closed in workers.
  Wake& masterBell() { return *masterBell_; }
  // Rung by the dispatcher and the master.
  Wake& workerBell(int worker) { return *workerBells_[static_cast<std::size_t>(worker)]; }
  // Rung by the master: the stop token of the worker's running task.
  Wake& stopBell(int worker) { return *stopBells_[static_cast<std::size_t>(worker)]; }

  WorkerStderr& workerStderr(int worker) { return stderrs_[static_cast<std::size_t>(worker)]; }

  // Worker, right after its fork: unmaps the slots and closes the bells of other workers, makes memory read-only that a
  // worker only reads, and redirects its stderr into the file of its slot.
  Result<void> confineToWorker(int worker);

 private:
  Link() = default;
  Result<void> addSlot();

  SharedPage* page_ = nullptr;
  std::deque<Slot> slots_;  // a deque: slots keep their addresses when one is added
  std::deque<WorkerStderr> stderrs_;
  Wake dispatcherBell_;
  std::unique_ptr<Wake> masterBell_ = std::make_unique<Wake>();  // null in a worker
  std::vector<std::unique_ptr<Wake>> workerBells_, stopBells_;
};

}  // namespace leptir::link
