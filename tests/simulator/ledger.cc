#include "tests/simulator/ledger.h"

namespace leptir::simulator {

Result<std::vector<LeaseId>> WatchedQueue::acknowledge(SessionNumber session, std::span<const LeaseId> leases) {
  std::vector<std::string> accepted;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& lease : leases) {
      const auto* task = checkSession(session) ? heldTask(session, lease) : nullptr;
      if (task == nullptr) continue;
      accepted.push_back(task->id);
      if (!isRecorded(*task) && complaint.empty()) complaint = task->id + " was acknowledged before it was recorded";
    }
  }
  auto answer = memory::MemoryQueue::acknowledge(session, leases);
  for (const auto& id : accepted) {
    if (!settled.insert(id).second && complaint.empty()) complaint = id + " was settled twice";
  }
  return answer;
}

Result<std::vector<LeaseId>> WatchedQueue::bury(SessionNumber session, std::span<const TaskBurial> tasks) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& buried : tasks) {
      const auto* task = checkSession(session) ? heldTask(session, buried.lease) : nullptr;
      if (task == nullptr) continue;
      if (!isRecorded(*task) && complaint.empty()) complaint = task->id + " was buried before it was recorded";
      if (buried.reason.find("dispatchers died while they saved the outcome") != std::string::npos)
        unsettlable.insert(task->id);
    }
  }
  return memory::MemoryQueue::bury(session, tasks);
}

bool WatchedQueue::isRecorded(const Task& task) const {
  for (const auto& storage : records_) {
    const auto found = storage->records.find(task.id);
    const bool settledHere =
        found != storage->records.end() && found->second.lease >= task.lease && found->second.step == MetaStep::Settled;
    if (!settledHere) return false;
  }
  return true;
}

bool WatchedQueue::holds(SessionNumber session, const LeaseId& lease) {
  const std::lock_guard lock(mutex_);
  return checkSession(session) && heldTask(session, lease) != nullptr;
}

std::string WatchedQueue::image() {
  const std::lock_guard lock(mutex_);
  std::string image;
  for (const auto& [number, task] : tasks_) {
    for (const auto part :
         {number, task.holder, task.lease, task.buried, static_cast<std::uint64_t>(task.due.time_since_epoch().count()),
          static_cast<std::uint64_t>(task.counters.attempts())})
      image += std::to_string(part) + " ";
  }
  return image;
}

std::size_t Ledger::begin(const std::string& id, const SessionId& session) {
  auto& runs = runs_[id];
  const bool late = !queue_.isOpen(session);
  if (late && !claimsEarly) complain(id + " begins although its session was claimed: the fence did not hold");
  for (const auto& earlier : runs) {
    if (late || !queue_.isOpen(earlier.session)) continue;
    if (earlier.running) complain(id + " runs twice at once, although nobody claimed the session of the first run");
    // A task that was buried since it could not be settled may be revived by a user, and then runs again.
    if (earlier.succeeded && !queue_.unsettlable.contains(id))
      complain(id + " had succeeded and runs again, although nobody claimed its session");
  }
  if (!late && queue_.settled.contains(id)) complain(id + " begins after it was settled");
  runs.push_back({session});
  return runs.size() - 1;
}

void Ledger::end(const std::string& id, std::size_t run, bool succeeded) {
  auto& ended = runs_[id].at(run);
  ended.running = false;
  ended.succeeded = succeeded;
}

std::string Ledger::check() {
  const auto counts = queue_.counts();
  const auto there = counts.due + counts.scheduled + counts.leased + counts.buried + queue_.settled.size();
  if (there != pushed_)
    complain(std::to_string(pushed_) + " tasks were pushed, " + std::to_string(there) + " are in the queue or settled");
  return complaint_.empty() ? queue_.complaint : complaint_;
}

void Ledger::complain(const std::string& what) {
  if (complaint_.empty()) complaint_ = what;
}

}  // namespace leptir::simulator
