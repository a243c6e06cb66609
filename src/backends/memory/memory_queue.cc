#include "backends/memory/memory_queue.h"

#include <algorithm>
#include <charconv>

#include "base/saturated.h"
#include "base/task_id.h"
#include "task/envelope.h"

namespace leptir::memory {

Result<void> MemoryQueue::push(std::span<const BrokerTask> tasks) {
  for (const auto& task : tasks) {
    if (auto fine = task::checkBrokerTask(task); !fine) return fine;
  }
  const std::lock_guard lock(mutex_);
  for (const auto& task : tasks) {
    if (byId(task.id) != nullptr) continue;
    add(task.id, task::encodeEnvelope(task), task.timeOfExecution.value_or(clock_->now())).counters = task.counters;
  }
  ring();
  return {};
}

void MemoryQueue::pushRaw(std::string envelope, Time due) {
  const std::lock_guard lock(mutex_);
  add("", std::move(envelope), due);
  ring();
}

TaskCounts MemoryQueue::counts() {
  const std::lock_guard lock(mutex_);
  TaskCounts counts;
  for (const auto& [number, task] : tasks_) {
    switch (stateOf(task)) {
      case TaskState::Due:
        ++counts.due;
        break;
      case TaskState::Scheduled:
        ++counts.scheduled;
        break;
      case TaskState::Leased:
        ++counts.leased;
        break;
      case TaskState::Buried:
        ++counts.buried;
        break;
    }
  }
  return counts;
}

Result<MemoryQueue::SessionNumber> MemoryQueue::open(const SessionId& id, const SessionInfo& card, Duration lease) {
  const std::lock_guard lock(mutex_);
  for (const auto& session : sessions_) {
    if (session.id.instance == id.instance && session.id.epoch >= id.epoch) {
      return Error(ErrorCode::Invalid, "epoch " + std::to_string(id.epoch) + " of this instance was opened before");
    }
  }
  for (auto& session : sessions_) {
    const bool earlier = session.id.instance == id.instance && session.state == Session::State::Open;
    if (earlier) session.state = Session::State::Claimed;
  }
  sessions_.push_back({id, card, clock_->now() + lease});
  return sessions_.size();
}

Result<MemoryQueue::SessionNumber> MemoryQueue::resume(const SessionId& id) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(sessions_, id, &Session::id);
  const SessionNumber number = 1 + (found - sessions_.begin());
  if (auto fine = checkSession(number); !fine) return fine.error();
  return number;
}

std::size_t MemoryQueue::recover(std::size_t limit, const std::set<std::string>& own) {
  const std::lock_guard lock(mutex_);
  std::size_t done = 0;
  for (std::size_t i = 0; i < sessions_.size(); ++i) {
    auto& session = sessions_[i];
    const bool isOver = session.state == Session::State::Open && session.expiry <= clock_->now();
    if (isOver && !own.contains(session.id.instance)) session.state = Session::State::Claimed;
    if (session.state != Session::State::Claimed) continue;
    bool empty = true;
    for (auto& [number, task] : tasks_) {
      if (task.holder != i + 1) continue;
      if (done == limit) {
        empty = false;
        break;
      }
      recoverTask(task);
      ++done;
    }
    if (empty) session.state = Session::State::Ended;
  }
  ring();
  return done;
}

Result<std::vector<LeasedTask>> MemoryQueue::lease(SessionNumber session, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  if (auto fine = checkSession(session); !fine) return fine.error();
  const auto now = clock_->now();
  const auto number = std::max<std::uint64_t>(now.time_since_epoch().count(), lastLease_ + 1);
  std::vector<LeasedTask> leased;
  auto& left = sessions_[session - 1].left;
  for (auto next = waiting_.begin(); leased.size() < limit && next != waiting_.end() && next->first <= now;) {
    if (left.until(next->second, now)) {
      ++next;
      continue;
    }
    auto& task = tasks_.at(next->second);
    next = waiting_.erase(next);
    task.holder = session;
    task.lease = lastLease_ = number;
    leased.push_back(toLeasedTask(task));
  }
  return leased;
}

Result<Renewal> MemoryQueue::renew(SessionNumber session, std::span<const LeaseId> held, Duration lease) {
  const std::lock_guard lock(mutex_);
  if (auto fine = checkSession(session); !fine) return fine.error();
  sessions_[session - 1].expiry = clock_->now() + lease;
  Renewal renewal;
  for (const auto& id : held) {
    const auto* task = heldTask(session, id);
    if (task == nullptr) {
      renewal.lost.push_back(id);
    } else if (!task->cancelledBy.empty()) {
      renewal.cancelled.push_back({id, task->cancelledBy});
    }
  }
  return renewal;
}

Result<std::vector<LeaseId>> MemoryQueue::acknowledge(SessionNumber session, std::span<const LeaseId> leases) {
  const std::lock_guard lock(mutex_);
  if (auto fine = checkSession(session); !fine) return fine.error();
  std::vector<LeaseId> notOurs;
  for (const auto& id : leases) {
    if (auto* task = heldTask(session, id)) {
      forget(*task);
    } else {
      notOurs.push_back(id);
    }
  }
  return notOurs;
}

Result<std::vector<LeaseId>> MemoryQueue::release(SessionNumber session, std::span<const TaskRelease> tasks) {
  const std::lock_guard lock(mutex_);
  if (auto fine = checkSession(session); !fine) return fine.error();
  std::vector<LeaseId> notOurs;
  for (const auto& released : tasks) {
    if (auto* task = heldTask(session, released.lease)) {
      task->counters = released.counters;
      enqueue(*task, dueAfterRelease(session, *task, released));
    } else {
      notOurs.push_back(released.lease);
    }
  }
  ring();
  return notOurs;
}

Result<std::vector<LeaseId>> MemoryQueue::bury(SessionNumber session, std::span<const TaskBurial> tasks) {
  const std::lock_guard lock(mutex_);
  if (auto fine = checkSession(session); !fine) return fine.error();
  std::vector<LeaseId> notOurs;
  for (const auto& buried : tasks) {
    if (auto* task = heldTask(session, buried.lease)) {
      task->counters = buried.counters;
      markBuried(*task, buried.reason);
    } else {
      notOurs.push_back(buried.lease);
    }
  }
  return notOurs;
}

Result<std::vector<LeasedTask>> MemoryQueue::held(SessionNumber session) {
  const std::lock_guard lock(mutex_);
  if (auto fine = checkSession(session); !fine) return fine.error();
  std::vector<LeasedTask> held;
  for (const auto& [number, task] : tasks_) {
    if (task.holder == session) held.push_back(toLeasedTask(task));
  }
  return held;
}

Result<void> MemoryQueue::close(SessionNumber session) {
  const std::lock_guard lock(mutex_);
  if (auto fine = checkSession(session); !fine) return fine;
  for (auto& [number, task] : tasks_) {
    if (task.holder == session) enqueue(task, std::min(task.due, clock_->now()));
  }
  sessions_[session - 1].state = Session::State::Ended;
  ring();
  return {};
}

void MemoryQueue::expireSessionsOf(std::string_view instance) {
  const std::lock_guard lock(mutex_);
  for (auto& session : sessions_) {
    if (session.id.instance == instance) session.expiry = clock_->now();
  }
}

// When a released task is due: as before, unless the caller names a time. If the session is to leave the task to others
// but cannot remember that (no id, or too many such tasks), it is due at `leftToOthersUntil` for all sessions.
Time MemoryQueue::dueAfterRelease(SessionNumber session, const Task& task, const TaskRelease& released) {
  if (!released.leftToOthersUntil) return released.due.value_or(task.due);
  const bool isLeft =
      !task.id.empty() && sessions_[session - 1].left.add(task.number, *released.leftToOthersUntil, clock_->now());
  return isLeft ? released.due.value_or(task.due) : *released.leftToOthersUntil;
}

Duration MemoryQueue::untilNextDue(SessionNumber session, Duration longest) {
  const std::lock_guard lock(mutex_);
  if (session > sessions_.size()) return longest;
  const auto now = clock_->now();
  auto& left = sessions_[session - 1].left;
  auto earliest = Time::max();
  for (const auto& [due, number] : waiting_) {
    const auto until = left.until(number, now);
    earliest = std::min(earliest, std::max(due, until.value_or(due)));
    if (!until) break;
  }
  if (earliest == Time::max()) return longest;
  return std::clamp(base::saturatedSubtract(earliest, now), Duration::zero(), std::max(longest, Duration::zero()));
}

void MemoryQueue::addBell(Wake& bell) {
  const std::lock_guard lock(mutex_);
  bells_.insert(&bell);
}

void MemoryQueue::removeBell(Wake& bell) {
  const std::lock_guard lock(mutex_);
  bells_.erase(&bell);
}

Result<void> MemoryQueue::checkSession(SessionNumber session) const {
  const bool open = session <= sessions_.size() && sessions_[session - 1].state == Session::State::Open;
  if (!open) return Error(ErrorCode::Lost, "the session was claimed, closed or never opened");
  return {};
}

MemoryQueue::Task* MemoryQueue::heldTask(SessionNumber session, const LeaseId& lease) {
  TaskNumber number = 0;
  std::from_chars(lease.handle.data(), lease.handle.data() + lease.handle.size(), number);
  const auto found = tasks_.find(number);
  if (found == tasks_.end()) return nullptr;
  auto& task = found->second;
  return task.holder == session && task.lease == lease.number ? &task : nullptr;
}

MemoryQueue::Task& MemoryQueue::add(std::string id, std::string envelope, Time due) {
  auto& task = tasks_[++lastNumber_];
  task.number = lastNumber_;
  task.id = std::move(id);
  task.envelope = std::move(envelope);
  if (!task.id.empty()) ids_.emplace(task.id, task.number);
  enqueue(task, due);
  return task;
}

void MemoryQueue::enqueue(Task& task, Time due) {
  task.holder = 0;
  task.due = due;
  waiting_.emplace(due, task.number);
}

void MemoryQueue::markBuried(Task& task, std::string reason) {
  task.holder = 0;
  task.buried = ++lastBuried_;
  task.reason = std::move(reason);
  task.cancelledBy.clear();
  if (!task.id.empty()) return;
  task.id = base::makeTaskId(*clock_);
  ids_.emplace(task.id, task.number);
}

void MemoryQueue::forget(Task& task) {
  waiting_.erase({task.due, task.number});
  ids_.erase(task.id);
  tasks_.erase(task.number);
}

void MemoryQueue::recoverTask(Task& task) {
  base::incrementSaturated(task.counters.expiries);
  const auto delay = delayAfterExpiry(task.counters.expiries);
  if (!delay) return markBuried(task, "its holder was gone " + std::to_string(task.counters.expiries) + " times");
  const auto now = clock_->now();
  enqueue(task, *delay == Duration::zero() ? std::min(task.due, now) : now + *delay);
}

MemoryQueue::Task* MemoryQueue::byId(std::string_view id) {
  const auto found = ids_.find(std::string(id));
  return found == ids_.end() ? nullptr : &tasks_.at(found->second);
}

TaskState MemoryQueue::stateOf(const Task& task) const {
  if (task.holder != 0) return TaskState::Leased;
  if (task.buried != 0) return TaskState::Buried;
  return task.due <= clock_->now() ? TaskState::Due : TaskState::Scheduled;
}

FoundTask MemoryQueue::toFoundTask(const Task& task) const {
  return {task.id, stateOf(task), task.due, task.counters, task.envelope, task.reason};
}

LeasedTask MemoryQueue::toLeasedTask(const Task& task) const {
  return {task.envelope, task.counters, {task.lease, std::to_string(task.number)}, task.cancelledBy};
}

void MemoryQueue::ring() {
  for (auto* bell : bells_) bell->ring();
}

}  // namespace leptir::memory
