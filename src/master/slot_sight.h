// What the master sees when it looks over the cells of a slot.
#pragma once

#include <optional>

#include "link/slot.h"
#include "master/deadline_watch.h"

namespace leptir {

struct SlotSight {
  std::optional<RunningTask> running;        // executing or stopping
  std::optional<std::size_t> firstAssigned;  // by its sequence
  bool sane = true;  // false: a word that is none or of no assignment, or more than one cell running
};

SlotSight lookOver(const Slot& slot);

// Whether the word is one that a cell can have.
bool isSane(const CellWord& word);

}  // namespace leptir
