// The dispatcher's access to the slots in shared memory: assigns tasks to cells, collects outcomes, takes back
// unstarted tasks. Which cells are in use, and in which order, it learns from the core's SlotTracker.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "dispatcher/actions.h"
#include "dispatcher/events.h"
#include "dispatcher/slot_tracker.h"
#include "link/link.h"

namespace leptir::dispatcher {

// Used by the main thread of the dispatcher. Each event must be given to the core before the next call, and each action
// of the core be performed.
class SlotTable {
 public:
  // All must outlive the table. `slots` belongs to the core that gets the events.
  SlotTable(link::Link& link, const SlotTracker& slots, const Clock& clock);

  // An event for each cell that an earlier dispatcher left in use, slot by slot in the order of assignment.
  std::vector<Event> adopt();

  // Adds an event for each task that has ended since the last call, in the order in which they were assigned to their
  // slot.
  void collectEnded(std::vector<Event>& events);
  // Adds an event for each worker that became ready or unready and each executing task. Costs a few loads per slot.
  void collectReadinessAndRunning(std::vector<Event>& events) const;

  void assign(const Actions::Assign& assign);
  // Asks the master to end the task in a cell.
  void requestStop(const Actions::StopRequest& request);
  void freeCell(CellRef cell);
  // The outcome in this cell waits for an unavailable store: crashes of dispatchers meanwhile are not charged to it.
  void forgetSettleStarts(CellRef cell);
  // Takes back all tasks of a slot that have not begun, latest first.
  event::AssignmentsTakenBack takeBack(int slot);
  // Wakes the sleeping workers that were assigned tasks since the last call.
  void wakeWorkers();

  // The cell that executes in a slot, if one does, and since when.
  std::optional<std::pair<CellRef, BootTime>> executingCell(int slot) const;

 private:
  struct SlotState {
    std::uint64_t lastSequence = 0;  // of the last assignment
    bool needsWake = false;          // a task was assigned since the last wakeWorkers()
  };

  bool collectCell(CellRef cell, std::size_t unsettled, std::vector<Event>& events);
  void addDone(CellRef cell, std::uint32_t starts, std::vector<Event>& events) const;
  void addDied(CellRef cell, std::uint32_t starts, std::vector<Event>& events) const;
  bool mustWaitToSettle(std::uint32_t starts, std::size_t unsettled);
  void beginSettling(CellRef cell);
  void invalidateForMaster(CellRef cell, link::CellWord word);
  link::Verdict readVerdict(CellRef cell) const;
  SlotState& stateOf(int slot) { return states_[static_cast<std::size_t>(slot)]; }

  link::Link& link_;
  const SlotTracker& slots_;
  const Clock& clock_;
  std::vector<SlotState> states_;        // one for each slot
  std::optional<CellRef> settledAlone_;  // a collected cell: no other cell is collected meanwhile
  bool suspectWaits_ = false;            // a suspect cell waits until all collected cells are free
};

}  // namespace leptir::dispatcher
