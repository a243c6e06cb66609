#include "link/board_entries.h"

#include <algorithm>
#include <chrono>

#include "base/saturated.h"

namespace leptir::link {

BoardWorker readWorkerEntry(const WorkerEntry& line, int slot, BootTime now) {
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
    whole.seconds = std::max(0.0, std::chrono::duration<double>(base::saturatedSubtract(now, started)).count());
    whole.progress = line.progress.load();
    whole.progressText = line.progressText.load();
  });
  // Not read whole: a dispatcher died while it wrote, or the task changes too quickly. Then only the pid is shown.
  return caught ? whole : worker;
}

std::pair<InstanceState, std::string> readInstanceStateEntry(const InstanceStateEntry& line) {
  std::pair<InstanceState, std::string> read;
  line.lock.read([&] { read = {line.state.load(), line.waitsFor.load()}; });
  return read;
}

}  // namespace leptir::link
