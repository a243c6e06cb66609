// The dispatcher's hands on the slots: puts tasks into cells, takes outcomes out, takes back what has not begun.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "dispatcher/core.h"
#include "link/link.h"

namespace leptir {

// The main thread of the dispatcher.
class SlotTable {
 public:
  // Both outlive it.
  SlotTable(Link& link, const Clock& clock);

  // What an earlier dispatcher left: an event for each cell that is not free, in ring order.
  std::vector<Event> adopt();

  // Adds an event for each task that has ended since the last call, in the order in which they were assigned to their
  // slot.
  void collect(std::vector<Event>& events);
  // Adds what else can be seen: which workers are ready, and what executes since when. Costs a few loads a slot.
  void look(std::vector<Event>& events);

  void assign(const Actions::Assign& assign);
  // Asks the master to end the task in a cell.
  void wish(const Actions::Wish& wish);
  void free(CellRef cell);
  // What ended in this cell waits for a store, however long: it is not suspected when a dispatcher dies meanwhile.
  void forgetSettleTries(CellRef cell);
  // All of a slot that has not begun, latest first.
  event::TakenBack takeBack(int slot);
  // Rings the workers that were given something since the last call and sleep.
  void ringWorkers();

  // The cell that executes in a slot, if one does, and since when.
  std::optional<std::pair<CellRef, BootTime>> executing(int slot) const;

 private:
  struct Ring {
    std::deque<std::size_t> cells;  // assigned and not ended yet, oldest first
    std::uint64_t sequence = 0;     // of the last assignment
    bool ready = false;
    bool given = false;  // something was assigned since ringWorkers
  };

  Ring& ringOf(int slot) { return rings_[static_cast<std::size_t>(slot)]; }
  bool collectOldest(int slot, std::vector<Event>& events);
  bool mustWait(std::uint32_t tries);
  void take(Ring& ring, CellRef cell);
  void leaveToMaster(CellRef cell, CellWord word);
  Verdict readVerdict(int slot, std::size_t cell) const;

  Link& link_;
  const Clock& clock_;
  std::vector<Ring> rings_;
  std::size_t unsettled_ = 0;            // cells whose end was taken and which are not free yet
  std::optional<CellRef> settledAlone_;  // one of them: nothing else is taken meanwhile
  bool suspectWaits_ = false;            // for unsettled_ to become 0, to be settled alone
};

}  // namespace leptir
