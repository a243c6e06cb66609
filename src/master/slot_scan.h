// What the master finds when it scans the cells of a slot.
#pragma once

#include <optional>

#include "link/slot.h"
#include "master/deadline_watch.h"

namespace leptir::master {

struct SlotScan {
  std::optional<RunningTask> running;        // the task whose cell is executing or stopping
  std::optional<std::size_t> firstAssigned;  // the assigned cell with the lowest sequence
  // False: a state word is invalid, a running cell has another generation than its assignment, or two cells are
  // running.
  bool sane = true;
};

SlotScan scanSlot(const link::Slot& slot);

// Whether the state and the reason of the word have valid values.
bool isSane(const link::CellWord& word);

}  // namespace leptir::master
