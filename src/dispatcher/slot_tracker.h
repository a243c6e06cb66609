// Which task stands in which cell, and in which order; how many tasks to assign ahead of each worker, and which slot
// gets the next task. This is the only record that the dispatcher keeps of the cells. Their state words say the same to
// the workers, to the master and to the next dispatcher, but a faulty task may overwrite them.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "dispatcher/pace.h"
#include "dispatcher/settle_batch.h"
#include "link/slot.h"
#include "settlement/held_task.h"

namespace leptir::dispatcher {

// Changed by the core only. The slot table and the status board read it between steps.
class SlotTracker {
 public:
  explicit SlotTracker(int slots) : slots_(static_cast<std::size_t>(slots)) {}

  int count() const { return static_cast<int>(slots_.size()); }

  // Where a task goes that is not large. ShortRuns: short tasks go to the slot of the last one several times in a row.
  // Emptiest: as few tasks as possible stand before it.
  enum class Preference { ShortRuns, Emptiest };
  // The slot for the next task; empty if no slot can take a task now. A large task needs an empty slot: if there is
  // none, the emptiest one gets no more tasks.
  std::optional<int> choose(bool large, Preference preference = Preference::ShortRuns);
  // Puts a task into the next cell of a slot that `choose` returned.
  CellRef assign(int slot, settlement::HeldTask&& task, bool large);
  // A cell that an earlier dispatcher left in use. Called in the order of assignment.
  void adopt(CellRef cell, settlement::HeldTask task, bool begun, bool large);
  // The task in a cell has ended: the worker may begin the next one.
  void markEnded(CellRef cell);
  // The lease of the task is lost: its outcome will be dropped.
  void markLost(CellRef cell) { tracked(cell).isLost = true; }
  // The task is settled: the cell can be assigned again.
  void markFreed(CellRef cell);
  // The latest assignment of a slot was taken back before it began. Frees its cell and returns its task.
  settlement::HeldTask removeTakenBack(CellRef cell);
  void setReady(int slot, bool ready);
  // The cell was seen executing since `started`. True the first time that this is longer than `moment`.
  bool noteRunning(CellRef cell, BootTime started, BootTime now, Duration moment);
  // How long a task took that has ended.
  void noteExecutionTime(Duration executionTime) { pace_.observe(executionTime); }

  // Whether the worker of a slot can begin tasks.
  bool isReady(int slot) const { return trackedSlot(slot).isReady; }
  // The cells of a slot whose tasks have not ended, oldest first.
  const std::deque<std::size_t>& unendedCells(int slot) const { return trackedSlot(slot).unended; }
  // The task in a cell, valid until the cell is assigned again. Null: the cell is free.
  const settlement::HeldTask* taskIn(CellRef cell) const;
  bool isLost(CellRef cell) const { return trackedSlot(cell.slot).cells[cell.cell].isLost; }
  // Leases of a broker's tasks for which noteRunning() has answered true.
  std::vector<LeaseId> runningLong(std::uint32_t broker) const;
  // Whether dozens of short tasks are assigned, which end within milliseconds.
  bool areManyAboutToEnd() const;
  // How many more tasks may be leased: those that fit into the slots, and some that wait in the stock.
  std::size_t credit() const;
  // The number of tasks of a name with `max_running` that have not ended: one that is assigned and has not begun counts
  // as running, since it may begin at any moment.
  std::size_t running(std::uint32_t limitedName) const {
    return limitedName < running_.size() ? running_[limitedName] : 0;
  }
  // Whether a worker is ready that has no task.
  bool hasIdleSlot() const;
  // Whether tasks of the slot wait behind a long task, or for a worker that is gone.
  bool hasTasksToTakeBack(int slot, BootTime now) const;
  // Whether a slot holds more than one task that has not ended. Then the slots are checked more often, so that tasks
  // are taken back soon from behind a long one.
  bool hasTasksBehindOthers() const;
  // Whether hundreds of short tasks stand in the slots. Then outcomes are collected less often, and many at once.
  bool hasManyShortTasks() const;

  // The number of cells that are not free; of those whose task has not ended; of those whose task is being settled.
  std::size_t used() const { return unended() + settling(); }
  std::size_t unended() const;
  std::size_t settling() const;

  // All tasks in cells, as visit(cell, task).
  template <class Visit>
  void forEachTask(Visit&& visit) const {
    for (int slot = 0; slot < count(); ++slot) {
      const auto& tracked = trackedSlot(slot);
      // Nearly always these are the cells right before the next one.
      auto left = tracked.used();
      auto cell = tracked.next;
      for (std::size_t seen = 0; left > 0 && seen < tracked.cells.size(); ++seen) {
        cell = (cell + link::kCells - 1) % link::kCells;
        if (tracked.cells[cell].stage == CellStage::Free) continue;
        --left;
        visit(CellRef{slot, cell}, tracked.cells[cell].task);
      }
    }
  }

 private:
  enum class CellStage : std::uint8_t {
    Free,
    Unended,  // assigned or executing
    Ended,    // being settled
  };
  struct TrackedCell {
    CellStage stage = CellStage::Free;
    bool isLost = false;
    settlement::HeldTask task;
  };
  struct TrackedSlot {
    std::vector<TrackedCell> cells;          // empty until the first assignment
    std::deque<std::size_t> unended;         // oldest first
    std::size_t ended = 0;                   // number of cells
    std::size_t next = 0;                    // the cell that is assigned next
    std::optional<std::size_t> runningLong;  // the cell for which noteRunning() has answered true
    bool isReady = false;
    bool isSlow = false;                     // its executing task takes long: nothing is assigned behind it
    bool hasLarge = false;                   // holds a task with a large envelope: no other task is assigned
    bool keptForLarge = false;               // gets no more tasks until it is empty
    std::optional<BootTime> executingSince;  // when the oldest unended task began; empty: not seen executing

    std::size_t used() const { return unended.size() + ended; }
  };

  TrackedSlot& trackedSlot(int slot) { return slots_[static_cast<std::size_t>(slot)]; }
  const TrackedSlot& trackedSlot(int slot) const { return slots_[static_cast<std::size_t>(slot)]; }
  TrackedCell& tracked(CellRef cell);
  bool staysWithLastSlot(const TrackedSlot& emptiest, std::size_t maxUnended) const;
  bool canTake(const TrackedSlot& slot, std::size_t maxUnended) const;
  std::optional<int> chooseForLarge();

  std::size_t& runningCountOf(const settlement::HeldTask& task);

  std::vector<TrackedSlot> slots_;
  std::vector<std::size_t> running_;  // by HeldTask::limitedName
  int lastSlot_ = 0;                  // the slot that got the latest task
  Pace pace_;
};

}  // namespace leptir::dispatcher
