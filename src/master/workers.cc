#include "master/workers.h"

#include <algorithm>

namespace leptir::master {

void Workers::addMissing() {
  while (supervisors_.size() < static_cast<std::size_t>(context_.options.workers))
    supervisors_.emplace_back(static_cast<int>(supervisors_.size()), context_);
}

void Workers::tick(BootTime now, link::ShutdownStage stopping) {
  for (auto& supervisor : supervisors_) supervisor.tick(now, stopping);
}

bool Workers::reaped(const ExitReport& report, const std::vector<base::ProcessInfo>& left) {
  return std::ranges::any_of(supervisors_, [&](auto& supervisor) { return supervisor.reaped(report, left); });
}

void Workers::renew(BootTime now) {
  const auto wanted = static_cast<std::size_t>(context_.options.workers);
  for (std::size_t i = 0; i < supervisors_.size(); ++i) supervisors_[i].renew(i < wanted, now);
  addMissing();
}

void Workers::killAll(BootTime now, const std::string& why) {
  for (auto& supervisor : supervisors_) supervisor.killWorker(now, why);
}

void Workers::signal(int number) const {
  for (const auto& supervisor : supervisors_) supervisor.signal(number);
}

void Workers::closeInChild() {
  for (auto& supervisor : supervisors_) supervisor.closeInChild();
}

int Workers::runningTasks() const {
  return static_cast<int>(std::ranges::count_if(supervisors_, &WorkerSupervisor::isRunningATask));
}

bool Workers::anyReady() const {
  return std::ranges::any_of(supervisors_, &WorkerSupervisor::isReady);
}

bool Workers::allGone() const {
  return std::ranges::none_of(supervisors_, &WorkerSupervisor::hasWorkerOrRemains);
}

int Workers::slotsInUse() const {
  int slots = static_cast<int>(supervisors_.size());
  while (slots > context_.options.workers && !supervisors_[static_cast<std::size_t>(slots) - 1].hasWorkerOrRemains())
    --slots;
  return slots;
}

BootTime Workers::next() const {
  auto next = BootTime::max();
  for (const auto& supervisor : supervisors_) next = std::min(next, supervisor.next());
  return next;
}

}  // namespace leptir::master
