#include "backends/memory/memory_queue.h"

#include <algorithm>
#include <charconv>

#include "base/saturated.h"

namespace leptir::memory {

Result<MemoryQueue::SessionNumber> MemoryQueue::open(const SessionId& id, const SessionInfo& info, Duration lease) {
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
  sessions_.push_back({.id = id, .info = info, .expiry = clock_->now() + lease});
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
    const bool isExpired = session.state == Session::State::Open && session.expiry <= clock_->now();
    if (isExpired && !own.contains(session.id.instance)) session.state = Session::State::Claimed;
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
  auto& leftToOthers = sessions_[session - 1].leftToOthers;
  for (auto next = waiting_.begin(); leased.size() < limit && next != waiting_.end() && next->first <= now;) {
    if (leftToOthers.until(next->second, now)) {
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

Result<void> MemoryQueue::leaseAgain(SessionNumber session, std::span<const LeaseId> released) {
  const std::lock_guard lock(mutex_);
  if (auto fine = checkSession(session); !fine) return fine;
  for (const auto& lease : released) sessions_[session - 1].leftToOthers.forget(numberIn(lease));
  return {};
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

std::vector<ListedSession> MemoryQueue::listSessions(Page page) {
  const std::lock_guard lock(mutex_);
  std::map<std::pair<std::string, std::uint64_t>, SessionNumber> open;
  for (SessionNumber number = 1; number <= sessions_.size(); ++number) {
    const auto& session = sessions_[number - 1];
    if (session.state == Session::State::Open) open.emplace(std::pair(session.id.instance, session.id.epoch), number);
  }
  std::vector<ListedSession> listed;
  std::size_t position = 0;
  for (const auto& [id, number] : open) {
    if (position++ >= page.offset && listed.size() < page.limit) listed.push_back(toListedSession(number));
  }
  return listed;
}

ListedSession MemoryQueue::toListedSession(SessionNumber number) const {
  const auto& session = sessions_[number - 1];
  const auto isOurs = [number](const auto& numbered) { return numbered.second.holder == number; };
  return {.session = session.id,
          .info = session.info,
          .expiresIn = std::max(session.expiry - clock_->now(), Duration::zero()),
          .leasedTasks = static_cast<std::uint64_t>(std::ranges::count_if(tasks_, isOurs))};
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
  const bool isLeft = !task.id.empty() &&
                      sessions_[session - 1].leftToOthers.add(task.number, *released.leftToOthersUntil, clock_->now());
  return isLeft ? released.due.value_or(task.due) : *released.leftToOthersUntil;
}

Duration MemoryQueue::untilNextDue(SessionNumber session, Duration longest) {
  const std::lock_guard lock(mutex_);
  if (session > sessions_.size()) return longest;
  const auto now = clock_->now();
  auto& leftToOthers = sessions_[session - 1].leftToOthers;
  auto earliest = Time::max();
  for (const auto& [due, number] : waiting_) {
    const auto until = leftToOthers.until(number, now);
    earliest = std::min(earliest, std::max(due, until.value_or(due)));
    if (!until) break;
  }
  if (earliest == Time::max()) return longest;
  return std::clamp(base::saturatedSubtract(earliest, now), Duration::zero(), std::max(longest, Duration::zero()));
}

Result<void> MemoryQueue::checkSession(SessionNumber session) const {
  const bool open = session <= sessions_.size() && sessions_[session - 1].state == Session::State::Open;
  if (!open) return Error(ErrorCode::Lost, "the session was claimed, closed or never opened");
  return {};
}

MemoryQueue::TaskNumber MemoryQueue::numberIn(const LeaseId& lease) {
  TaskNumber number = 0;
  std::from_chars(lease.handle.data(), lease.handle.data() + lease.handle.size(), number);
  return number;
}

MemoryQueue::Task* MemoryQueue::heldTask(SessionNumber session, const LeaseId& lease) {
  const auto found = tasks_.find(numberIn(lease));
  if (found == tasks_.end()) return nullptr;
  auto& task = found->second;
  return task.holder == session && task.lease == lease.number ? &task : nullptr;
}

void MemoryQueue::recoverTask(Task& task) {
  base::incrementSaturated(task.counters.expiries);
  const auto delay = delayAfterExpiry(task.counters.expiries);
  const auto now = clock_->now();
  enqueue(task, delay == Duration::zero() ? std::min(task.due, now) : now + delay);
}

LeasedTask MemoryQueue::toLeasedTask(const Task& task) const {
  return {task.envelope, task.counters, {task.lease, std::to_string(task.number)}, task.cancelledBy};
}

}  // namespace leptir::memory
