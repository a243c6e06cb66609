#include "master/master_context.h"

#include <unistd.h>

#include <algorithm>

namespace leptir::master {

std::string MasterLog::prefix() {
  return "[" + std::to_string(::getpid()) + "](:MASTER:) ";
}

void KilledProcesses::add(std::span<const base::ProcessInfo> processes) {
  for (const auto& process : processes) {
    if (process.dead || std::ranges::find(seen_, process) != seen_.end()) continue;
    seen_.push_back(process);
    named_.push_back(base::describeProcess(process.pid));
  }
}

std::optional<ChildProcess> MasterContext::start(const std::string& name, std::function<int()> main) {
  auto child = ChildProcess::start([this, &main] {
    closeInChild();
    return main();
  });
  if (!child) {
    log.error(name + " can't be started. " + child.error().message());
    return std::nullopt;
  }
  pids.insert(child->pid());
  return std::move(*child);
}

}  // namespace leptir::master
