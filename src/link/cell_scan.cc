#include "link/cell_scan.h"

namespace leptir::link {
namespace {

bool isAssignedEarlier(const AssignmentArea& assignments, std::size_t cell, const std::optional<std::size_t>& first) {
  return !first || assignments.header(cell).sequence < assignments.header(*first).sequence;
}

// Whether this running cell contradicts another cell that was found running, or its own assignment. The worker goes on
// during the scan, so a contradiction counts only if the words that were read still stand.
bool contradicts(const Slot& slot, const CellScan::Running& found, const std::optional<CellScan::Running>& earlier) {
  const bool twoRun = earlier && slot.word(earlier->cell) == earlier->word;
  // The dispatcher's copy of the generation cannot be written by the worker. A worker that changed the generation in
  // the state word would make its task look new, and its time limit would begin again.
  const bool isAnotherUse = slot.assignments().header(found.cell).generation != found.word.generation;
  return twoRun || (isAnotherUse && slot.word(found.cell) == found.word);
}

}  // namespace

CellScan scanCells(const Slot& slot) {
  CellScan scan;
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    const auto word = slot.word(cell);
    if (word.state == CellState::Assigned) {
      if (isAssignedEarlier(slot.assignments(), cell, scan.firstAssigned)) scan.firstAssigned = cell;
    } else if (word.isRunning()) {
      const CellScan::Running found{cell, word};
      if (contradicts(slot, found, scan.running)) scan.sane = false;
      scan.running = found;
    }
    if (!word.isValid()) scan.sane = false;
  }
  return scan;
}

}  // namespace leptir::link
