#include "master/workers.h"

#include <algorithm>

namespace leptir::master {

void Workers::addMissing() {
  while (supervisors_.size() < static_cast<std::size_t>(context_.options.workers))
    supervisors_.emplace_back(static_cast<int>(supervisors_.size()), context_);
  if (context_.options.reportsErrors && !reportSupervisor_) reportSupervisor_.emplace(link::kReportSlot, context_);
}

template <class Visit>
void Workers::forEach(Visit visit) {
  for (auto& supervisor : supervisors_) visit(supervisor);
  if (reportSupervisor_) visit(*reportSupervisor_);
}

template <class Visit>
void Workers::forEach(Visit visit) const {
  for (const auto& supervisor : supervisors_) visit(supervisor);
  if (reportSupervisor_) visit(*reportSupervisor_);
}

void Workers::tick(BootTime now, link::ShutdownStage stopping) {
  forEach([&](auto& supervisor) { supervisor.tick(now, stopping); });
}

bool Workers::handleExit(const ExitReport& report, const std::vector<base::ProcessInfo>& left) {
  bool found = false;
  forEach([&](auto& supervisor) { found = found || supervisor.handleExit(report, left); });
  return found;
}

void Workers::replace(BootTime now) {
  const auto wanted = static_cast<std::size_t>(context_.options.workers);
  for (std::size_t i = 0; i < supervisors_.size(); ++i) supervisors_[i].replace(i < wanted, now);
  if (reportSupervisor_) reportSupervisor_->replace(context_.options.reportsErrors, now);
  addMissing();
}

void Workers::resize(BootTime now) {
  const auto wanted = static_cast<std::size_t>(context_.options.workers);
  for (std::size_t i = 0; i < supervisors_.size(); ++i) {
    if (supervisors_[i].isWanted() != (i < wanted)) supervisors_[i].replace(i < wanted, now);
  }
  addMissing();
}

void Workers::killAll(BootTime now, const std::string& why) {
  forEach([&](auto& supervisor) { supervisor.killWorker(now, why); });
}

void Workers::signal(int number) const {
  forEach([&](const auto& supervisor) { supervisor.signal(number); });
}

void Workers::closeInChild() {
  forEach([](auto& supervisor) { supervisor.closeInChild(); });
}

int Workers::runningTasks() const {
  return static_cast<int>(std::ranges::count_if(supervisors_, &WorkerSupervisor::isRunningATask));
}

bool Workers::anyReady() const {
  return std::ranges::any_of(supervisors_, &WorkerSupervisor::isReady);
}

bool Workers::allGone() const {
  bool anyLeft = false;
  forEach([&](const auto& supervisor) { anyLeft = anyLeft || supervisor.hasWorkerOrRemains(); });
  return !anyLeft;
}

int Workers::slotsInUse() const {
  int slots = static_cast<int>(supervisors_.size());
  while (slots > context_.options.workers && !supervisors_[static_cast<std::size_t>(slots) - 1].hasWorkerOrRemains())
    --slots;
  return slots;
}

BootTime Workers::next() const {
  auto next = BootTime::max();
  forEach([&](const auto& supervisor) { next = std::min(next, supervisor.next()); });
  return next;
}

}  // namespace leptir::master
