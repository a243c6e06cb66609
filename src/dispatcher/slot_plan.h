// What the core knows of the slots: which task stands in which cell, how far ahead of each worker to assign, and which
// slot comes next.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dispatcher/settle_batch.h"
#include "dispatcher/settlement.h"
#include "link/slot.h"

namespace leptir {

// Measures how long tasks take, to know how many make about 2 ms of work.
class Pace {
 public:
  void saw(Duration executionTime);
  // Tasks to stand in a slot that has not ended them; 1 for tasks that take longer than a moment, and before anything
  // was measured.
  std::size_t depth() const;

 private:
  static constexpr double kOverheadMicros = 2;  // what a worker needs beside the task's own code
  double micros_ = 1e6;
};

// One thread at a time.
class SlotPlans {
 public:
  SlotPlans(int slots) : slots_(static_cast<std::size_t>(slots)) {}

  // A slot that can take one more task now, the emptiest first, short tasks a run at a time; none: none can. A large
  // one needs a slot that is quite empty, which is kept free for it until it is.
  std::optional<int> choose(bool large, std::size_t depth);
  // Takes the next cell of a slot that `choose` answered.
  CellRef take(int slot, HeldTask task, bool large);
  // A cell of an earlier dispatcher, in ring order.
  void adopt(CellRef cell, HeldTask task, bool begun, bool large);
  // The task in a cell has ended: what comes next may begin.
  void ended(CellRef cell);
  // It is settled: the cell can be used again.
  void freed(CellRef cell);
  // The latest of the cells that had not begun went back. Answers its task.
  HeldTask takenBack(CellRef cell);
  void setReady(int slot, bool ready);
  // Seen to execute since `started`. True the first time it has done so for longer than `moment`.
  bool running(CellRef cell, BootTime started, BootTime now, Duration moment);

  const HeldTask* taskIn(CellRef cell) const;
  // The cell that holds this lease.
  std::optional<CellRef> find(std::uint32_t broker, const LeaseId& lease) const;
  // The store gave its task to somebody else: whatever comes of it here is dropped.
  void setLost(CellRef cell) { placeOf(cell).lost = true; }
  bool isLost(CellRef cell) const { return slots_[static_cast<std::size_t>(cell.slot)].places[cell.cell].lost; }
  // Leases of a broker's tasks that have been running for longer than a moment.
  std::vector<LeaseId> runningLong(std::uint32_t broker) const;
  // How many more tasks could be assigned at this depth, and how many may wait beside them.
  std::size_t room(std::size_t depth) const;
  // Slots whose waiting tasks should go back: behind one that runs long, or before a worker that is not there.
  std::vector<int> stuck(BootTime now) const;
  // All tasks in cells: for comparisons with a store.
  template <class Visit>
  void forEachTask(Visit&& visit) const {
    for (const auto& slot : slots_) {
      for (const auto& place : slot.places) {
        if (place.used) visit(place.task);
      }
    }
  }
  std::size_t used() const { return used_; }
  std::size_t unended() const;
  bool looksAhead() const;
  bool anyIdle() const;

 private:
  struct Place {
    bool used = false;
    bool ended = false;
    bool recorded = false;  // a record says that it runs
    bool lost = false;
    HeldTask task;
  };
  struct Plan {
    std::vector<Place> places;
    std::size_t next = 0;  // where the ring goes on
    std::size_t used = 0;
    std::size_t unended = 0;  // assigned or executing
    bool ready = false;
    bool slow = false;   // what executes there takes long: nothing is put behind it
    bool large = false;  // holds a large body: nothing beside it
    bool keptForLarge = false;
    std::optional<BootTime> changed;  // since when the oldest unended task has been seen waiting or executing
  };
  bool goesOn(const Plan& emptiest, std::size_t depth) const;
  bool canTake(const Plan& plan, std::size_t depth) const;
  std::optional<int> chooseForLarge();
  Place& placeOf(CellRef cell);

  std::vector<Plan> slots_;
  int last_ = 0;  // the slot that got the latest task
  std::size_t used_ = 0;
};

}  // namespace leptir
