#include "master/running_task.h"

namespace leptir::master {

std::optional<RunningTask> RunningTask::in(const link::Slot& slot, const link::CellScan& scan) {
  if (!scan.running) return std::nullopt;
  const auto [cell, word] = *scan.running;
  const auto& header = slot.assignments().header(cell);
  return RunningTask{.cell = cell,
                     .word = word,
                     .broker = header.broker,
                     .epoch = header.epoch,
                     .timeLimit = Duration(header.timeLimitMicros),
                     .stopRequest = slot.assignments().stopRequestFor(cell, word),
                     .begun = slot.outcomes().startedBoot(cell)};
}

}  // namespace leptir::master
