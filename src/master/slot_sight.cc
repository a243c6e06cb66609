#include "master/slot_sight.h"

namespace leptir {
namespace {

RunningTask runningTask(const Slot& slot, std::size_t cell, const CellWord& word) {
  const auto& header = slot.assignmentHeader(cell);
  RunningTask task;
  task.cell = cell;
  task.word = word;
  task.broker = header.broker;
  task.epoch = header.epoch;
  task.timeLimit = Duration(header.timeLimitMicros);
  task.wish = slot.wishFor(cell, word);
  task.begun = slot.startedBoot(cell);
  return task;
}

}  // namespace

SlotSight lookOver(const Slot& slot) {
  SlotSight sight;
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    const auto word = slot.word(cell);
    if (word.state == CellState::Assigned) {
      const auto sequence = slot.assignmentHeader(cell).sequence;
      if (!sight.firstAssigned || sequence < slot.assignmentHeader(*sight.firstAssigned).sequence)
        sight.firstAssigned = cell;
    } else if (word.state == CellState::Executing || word.state == CellState::Stopping) {
      // The worker goes on while we look: of two that ran in turn, the first one does not run any more.
      if (sight.running && slot.word(sight.running->cell) == sight.running->word) sight.sane = false;
      // By the dispatcher's copy, which the worker cannot write: a new generation would be a new time limit.
      const bool isAnotherUse = slot.assignmentHeader(cell).generation != word.generation;
      if (isAnotherUse && slot.word(cell) == word) sight.sane = false;
      sight.running = runningTask(slot, cell, word);
    }
    if (!isSane(word)) sight.sane = false;
  }
  return sight;
}

bool isSane(const CellWord& word) {
  return word.state <= CellState::Died && word.reason <= StopReason::Lease;
}

}  // namespace leptir
