#include "master/worker_tree.h"

namespace leptir::master {

void WorkerTree::kill() {
  if (std::exchange(killed_, true)) return;
  const auto descendants = findDescendants();
  descendants_.insert(descendants_.end(), descendants.begin(), descendants.end());
  worker_.signal(SIGKILL);
  auto ofItsGroup = base::killGroup(pid());
  std::erase_if(ofItsGroup, [this](const base::ProcessInfo& process) { return process.pid == pid(); });
  signalAll(descendants, SIGKILL);
  killedProcesses_.add(ofItsGroup);
  killedProcesses_.add(descendants);
}

std::vector<base::ProcessInfo> WorkerTree::findDescendants() const {
  auto descendants = base::descendantsOf(pid());
  const auto kept = slot_->readKeptDescendants();
  std::erase_if(descendants,
                [&](const base::ProcessInfo& process) { return base::isAmongOrSharesSession(process, kept); });
  return descendants;
}

// Signals the worker's group and the descendants outside of it: a program that a task runs leads a group of its own.
void WorkerTree::signalAll(const std::vector<base::ProcessInfo>& descendants, int number) const {
  auto outside = descendants;
  std::erase_if(outside, [this](const base::ProcessInfo& process) { return process.group == pid(); });
  worker_.signalGroup(number);
  base::signalWithGroups(outside, number);
}

}  // namespace leptir::master
