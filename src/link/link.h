// All shared memory and bells of one instance, made by the master before it forks and inherited by everyone: what
// processes say to each other.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "leptir/result.h"
#include "leptir/wake.h"
#include "link/shared_page.h"
#include "link/slot.h"
#include "link/status_board.h"
#include "link/worker_stderr.h"

namespace leptir {

class Link {
 public:
  // Unavailable: memory or descriptors ran out.
  static Result<std::unique_ptr<Link>> create(int workers);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Makes slots until there are so many; those that stand stay where they are. Master only; processes that were forked
  // before do not see the new ones. Unavailable: as create.
  Result<void> growTo(int workers);

  int workers() const { return static_cast<int>(slots_.size()); }
  SharedPage& page() { return *page_; }
  Slot& slot(int worker) { return slots_[static_cast<std::size_t>(worker)]; }

  // Bells only ring; everything said stands in the slots and the page.
  Wake& dispatcherBell() { return dispatcherBell_; }  // rung by workers, the master and the dispatcher's own threads
  Wake& masterBell() { return *masterBell_; }         // rung by the dispatcher; workers have none
  Wake& workerBell(int worker) {
    return *workerBells_[static_cast<std::size_t>(worker)];
  }  // rung by the dispatcher and the master
  Wake& stopBell(int worker) {
    return *stopBells_[static_cast<std::size_t>(worker)];
  }  // rung by the master: the running task's stop token

  WorkerStderr& workerStderr(int worker) { return stderrs_[static_cast<std::size_t>(worker)]; }

  // Worker, right after its fork: unmaps the slots of others, makes what it only reads read-only and closes the bells
  // of others; its stderr goes where this slot's goes from here on.
  Result<void> confineToWorker(int worker);

 private:
  Link() = default;
  SharedPage* page_ = nullptr;
  Result<void> addSlot();

  std::deque<Slot> slots_;  // which stay where they are when one is added
  std::deque<WorkerStderr> stderrs_;
  Wake dispatcherBell_;
  std::unique_ptr<Wake> masterBell_ = std::make_unique<Wake>();  // none in a worker
  std::vector<std::unique_ptr<Wake>> workerBells_, stopBells_;
};

}  // namespace leptir
