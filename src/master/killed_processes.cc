#include "master/killed_processes.h"

#include <algorithm>

namespace leptir::master {

void KilledProcesses::add(std::span<const base::ProcessInfo> processes) {
  for (const auto& process : processes) {
    if (process.dead || std::ranges::find(seen_, process) != seen_.end()) continue;
    seen_.push_back(process);
    named_.push_back(base::describeProcess(process.pid));
  }
}

}  // namespace leptir::master
