#include "link/board_lines.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/saturated.h"

namespace leptir {

BoardWorker readLine(const WorkerLine& line, int slot, BootTime now) {
  BoardWorker worker;
  for (int tries = 0; tries < 100; ++tries) {
    const auto before = line.version.load(std::memory_order_acquire);
    worker.slot = slot;
    worker.pid = line.pid.load();
    worker.busy = line.busy;
    worker.taskId = textOf(line.taskId);
    worker.taskName = textOf(line.taskName);
    worker.seconds = std::max(
        0.0, std::chrono::duration<double>(saturatedSubtract(now, BootTime(Duration(line.startedBoot)))).count());
    worker.progress = line.progress;
    worker.progressText = textOf(line.progressText);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (before % 2 == 0 && before == line.version.load(std::memory_order_relaxed)) return worker;
    std::this_thread::yield();
  }
  // Never caught at rest: a dispatcher died half way, or it changes too quickly to be worth showing.
  BoardWorker unknown;
  unknown.slot = slot;
  unknown.pid = worker.pid;
  return unknown;
}

std::pair<InstanceState, std::string> readState(const StateLine& line) {
  std::pair<InstanceState, std::string> read;
  for (int tries = 0; tries < 100; ++tries) {
    const auto before = line.version.load(std::memory_order_acquire);
    read = {line.state, textOf(line.waitsFor)};
    std::atomic_thread_fence(std::memory_order_acquire);
    if (before % 2 == 0 && before == line.version.load(std::memory_order_relaxed)) break;
    std::this_thread::yield();
  }
  return read;
}

}  // namespace leptir
