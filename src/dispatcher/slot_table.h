// The dispatcher's access to the slots: assigns tasks to cells, collects outcomes, takes back unstarted tasks.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "dispatcher/core.h"
#include "link/link.h"

namespace leptir::dispatcher {

// Used by the main thread of the dispatcher.
class SlotTable {
 public:
  // `link` and `clock` must outlive the table.
  SlotTable(link::Link& link, const Clock& clock);

  // An event for each cell that an earlier dispatcher left in use, slot by slot in the order of assignment.
  std::vector<Event> adopt();

  // Adds an event for each task that has ended since the last call, in the order in which they were assigned to their
  // slot.
  void collect(std::vector<Event>& events);
  // Adds an event for each worker that became ready or unready and each executing task. Costs a few loads per slot.
  void checkSlots(std::vector<Event>& events);

  void assign(const Actions::Assign& assign);
  // Asks the master to end the task in a cell.
  void cancelRequest(const Actions::StopRequest& cancelRequest);
  void freeCell(CellRef cell);
  // The outcome in this cell waits for an unavailable store: crashes of dispatchers meanwhile are not charged to it.
  void forgetSettleTries(CellRef cell);
  // Takes back all tasks of a slot that have not begun, latest first.
  event::AssignmentsTakenBack takeBack(int slot);
  // Wakes the sleeping workers that were assigned tasks since the last call.
  void wakeWorkers();

  // The cell that executes in a slot, if one does, and since when.
  std::optional<std::pair<CellRef, BootTime>> executing(int slot) const;

 private:
  struct AssignedCells {
    std::deque<std::size_t> cells;  // assigned and not ended yet, oldest first
    std::uint64_t sequence = 0;     // of the last assignment
    bool ready = false;
    bool needsWake = false;  // a task was assigned since the last wakeWorkers()
  };

  AssignedCells& assignedCellsOf(int slot) { return assignedCells_[static_cast<std::size_t>(slot)]; }
  bool collectOldest(int slot, std::vector<Event>& events);
  bool mustWaitToSettle(std::uint32_t tries);
  void beginSettling(AssignedCells& ring, CellRef cell);
  void leaveToMaster(CellRef cell, link::CellWord word);
  link::Verdict readVerdict(int slot, std::size_t cell) const;

  link::Link& link_;
  const Clock& clock_;
  std::vector<AssignedCells> assignedCells_;
  std::size_t unsettled_ = 0;            // collected cells that are not free yet
  std::optional<CellRef> settledAlone_;  // a collected cell: no other cell is collected meanwhile
  bool suspectWaits_ = false;            // a suspect cell waits until unsettled_ is 0
};

}  // namespace leptir::dispatcher
