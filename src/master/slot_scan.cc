#include "master/slot_scan.h"

namespace leptir::master {
namespace {

RunningTask runningTask(const link::Slot& slot, std::size_t cell, const link::CellWord& word) {
  const auto& header = slot.assignmentHeader(cell);
  RunningTask task;
  task.cell = cell;
  task.word = word;
  task.broker = header.broker;
  task.epoch = header.epoch;
  task.timeLimit = Duration(header.timeLimitMicros);
  task.cancelRequest = slot.cancelRequestFor(cell, word);
  task.begun = slot.startedBoot(cell);
  return task;
}

}  // namespace

SlotScan scanSlot(const link::Slot& slot) {
  SlotScan sight;
  for (std::size_t cell = 0; cell < link::kCells; ++cell) {
    const auto word = slot.word(cell);
    if (word.state == link::CellState::Assigned) {
      const auto sequence = slot.assignmentHeader(cell).sequence;
      if (!sight.firstAssigned || sequence < slot.assignmentHeader(*sight.firstAssigned).sequence)
        sight.firstAssigned = cell;
    } else if (word.state == link::CellState::Executing || word.state == link::CellState::Stopping) {
      // The worker goes on during the scan. Two cells run at once only if the first one still has the word that was
      // read.
      if (sight.running && slot.word(sight.running->cell) == sight.running->word) sight.sane = false;
      // Compares with the dispatcher's copy, which the worker cannot write: by a new generation it would restart its
      // limit.
      const bool isAnotherUse = slot.assignmentHeader(cell).generation != word.generation;
      if (isAnotherUse && slot.word(cell) == word) sight.sane = false;
      sight.running = runningTask(slot, cell, word);
    }
    if (!isSane(word)) sight.sane = false;
  }
  return sight;
}

bool isSane(const link::CellWord& word) {
  return word.state <= link::CellState::Died && word.reason <= link::StopReason::LeaseLost;
}

}  // namespace leptir::master
