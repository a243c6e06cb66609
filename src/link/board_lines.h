// The lines of a status board in shared memory: one process writes a line, others read it meanwhile.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "base/sequence_lock.h"
#include "leptir/clock.h"
#include "link/status_board.h"

namespace leptir {

// What the instance is about. Its owner is the master.
struct StateLine {
  SequenceLock lock;
  RelaxedValue<InstanceState> state;
  RelaxedText<240> waitsFor;
};

// What one worker does. Its owner is the dispatcher, but for the pid, which is the master's.
struct WorkerLine {
  std::atomic<std::int32_t> pid{0};
  SequenceLock lock;
  RelaxedValue<bool> busy;
  RelaxedValue<std::int64_t> startedBoot;
  RelaxedValue<double> progress;
  RelaxedText<256> taskId;
  RelaxedText<256> taskName;
  RelaxedText<116> progressText;
};

BoardWorker readLine(const WorkerLine& line, int slot, BootTime now);
std::pair<InstanceState, std::string> readState(const StateLine& line);

}  // namespace leptir
