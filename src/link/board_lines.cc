#include "link/board_lines.h"

#include <algorithm>
#include <chrono>

#include "base/saturated.h"

namespace leptir {

BoardWorker readLine(const WorkerLine& line, int slot, BootTime now) {
  BoardWorker worker;
  worker.slot = slot;
  worker.pid = line.pid.load();
  auto whole = worker;
  const bool caught = line.lock.read([&] {
    whole.pid = line.pid.load();
    whole.busy = line.busy.load();
    whole.taskId = line.taskId.load();
    whole.taskName = line.taskName.load();
    const auto started = BootTime(Duration(line.startedBoot.load()));
    whole.seconds = std::max(0.0, std::chrono::duration<double>(saturatedSubtract(now, started)).count());
    whole.progress = line.progress.load();
    whole.progressText = line.progressText.load();
  });
  // Otherwise a dispatcher died half way, or it changes too quickly to be worth showing.
  return caught ? whole : worker;
}

std::pair<InstanceState, std::string> readState(const StateLine& line) {
  std::pair<InstanceState, std::string> read;
  line.lock.read([&] { read = {line.state.load(), line.waitsFor.load()}; });
  return read;
}

}  // namespace leptir
