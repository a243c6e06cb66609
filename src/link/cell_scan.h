// What a scan of all cells of a slot finds: used by the worker to find its next task and by the master to watch it.
#pragma once

#include <cstddef>
#include <optional>

#include "link/slot.h"

namespace leptir::link {

struct CellScan {
  struct Running {
    std::size_t cell;
    CellWord word;
  };
  std::optional<std::size_t> firstAssigned;  // the assigned cell with the lowest sequence, where a new worker begins
  std::optional<Running> running;            // the cell that is executing or stopping
  // False: a state word is invalid, a running cell has another generation than its assignment, or two cells are
  // running. A task has overwritten state words.
  bool sane = true;
};

// Takes no lock and allocates no memory: a signal handler may call it. Other processes may change cells meanwhile.
CellScan scanCells(const Slot& slot);

}  // namespace leptir::link
