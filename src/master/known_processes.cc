#include "master/known_processes.h"

namespace leptir::master {

void KnownProcesses::addKept(const std::vector<base::ProcessInfo>& processes) {
  std::erase_if(kept_, base::hasEndedWithSession);
  kept_.insert(kept_.end(), processes.begin(), processes.end());
}

bool KnownProcesses::isSpared(const base::ProcessInfo& process) const {
  return foreign_.contains(process.pid) || base::isAmongOrSharesSession(process, kept_);
}

}  // namespace leptir::master
