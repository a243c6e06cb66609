// What the core remembers of the slots: which task stands in which cell, how many tasks to assign ahead of each worker,
// and which slot gets the next task.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dispatcher/settle_batch.h"
#include "link/slot.h"
#include "settlement/settlement.h"

namespace leptir::dispatcher {

// Measures how long tasks take, to know how many make about 2 ms of work.
class Pace {
 public:
  void observe(Duration executionTime);
  // How many tasks that have not ended may stand in a slot; 1 for tasks that take longer than a millisecond, and before
  // anything was measured.
  std::size_t depth() const;

 private:
  static constexpr double kOverheadMicros = 2;  // what a worker needs for a task in addition to the task's code
  double micros_ = 1e6;
};

// Used by one thread at a time.
class SlotTracker {
 public:
  SlotTracker(int slots) : slots_(static_cast<std::size_t>(slots)) {}

  // The slot for the next task: the emptiest one, for short tasks the last one several times in a row; empty if no slot
  // can take a task now. A large task needs an empty slot: if there is none, the emptiest one gets no more tasks.
  std::optional<int> choose(bool large, std::size_t depth);
  // Puts a task into the next cell of a slot that `choose` returned.
  CellRef take(int slot, settlement::HeldTask task, bool large);
  // A cell that an earlier dispatcher left in use. Called in the order of assignment.
  void adopt(CellRef cell, settlement::HeldTask task, bool begun, bool large);
  // The task in a cell has ended: the worker may begin the next one.
  void ended(CellRef cell);
  // The task is settled: the cell can be assigned again.
  void freed(CellRef cell);
  // The latest assignment of a slot was taken back before it began. Frees its cell and returns its task.
  settlement::HeldTask takenBack(CellRef cell);
  void setReady(int slot, bool ready);
  // The cell was seen executing since `started`. True the first time that this is longer than `moment`.
  bool running(CellRef cell, BootTime started, BootTime now, Duration moment);

  const settlement::HeldTask* taskIn(CellRef cell) const;
  // The cell that holds this lease.
  std::optional<CellRef> find(std::uint32_t broker, const LeaseId& lease) const;
  // The lease of the task is lost: its outcome will be dropped.
  void setLost(CellRef cell) { trackedCell(cell).lost = true; }
  bool isLost(CellRef cell) const { return slots_[static_cast<std::size_t>(cell.slot)].cells[cell.cell].lost; }
  // Leases of a broker's tasks for which running() has answered true.
  std::vector<LeaseId> runningLong(std::uint32_t broker) const;
  // How many more tasks may be leased: those that fit into the slots at this depth, and some that wait in the stock.
  std::size_t credit(std::size_t depth) const;
  // Slots whose tasks are to be taken back: they wait behind a long task, or their worker is gone.
  std::vector<int> slotsToTakeBackFrom(BootTime now) const;
  // All tasks in cells, for comparisons with a store.
  template <class Visit>
  void forEachTask(Visit&& visit) const {
    for (const auto& slot : slots_) {
      for (const auto& place : slot.cells) {
        if (place.used) visit(place.task);
      }
    }
  }
  std::size_t used() const { return used_; }
  std::size_t unended() const;
  bool hasTasksBehindOthers() const;
  bool anyIdle() const;

 private:
  struct TrackedCell {
    bool used = false;
    bool ended = false;
    bool recorded = false;  // has an in-progress record
    bool lost = false;
    settlement::HeldTask task;
  };
  struct TrackedSlot {
    std::vector<TrackedCell> cells;
    std::size_t next = 0;  // index of the cell that is assigned next
    std::size_t used = 0;
    std::size_t unended = 0;  // assigned or executing
    bool ready = false;
    bool slow = false;   // its executing task takes long: nothing is assigned behind it
    bool large = false;  // holds a task with a large envelope: no other task is assigned
    bool keptForLarge = false;
    std::optional<BootTime> changed;  // since when the oldest unended task has been seen waiting or executing
  };
  bool staysWithLastSlot(const TrackedSlot& emptiest, std::size_t depth) const;
  bool canTake(const TrackedSlot& plan, std::size_t depth) const;
  std::optional<int> chooseForLarge();
  TrackedCell& trackedCell(CellRef cell);

  std::vector<TrackedSlot> slots_;
  int lastSlot_ = 0;  // the slot that got the latest task
  std::size_t used_ = 0;
};

}  // namespace leptir::dispatcher
