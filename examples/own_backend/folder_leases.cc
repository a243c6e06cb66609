#include "folder_leases.h"

#include <algorithm>
#include <utility>

namespace folder {
namespace {

const LeaseId& leaseOf(const LeaseId& lease) {
  return lease;
}
const LeaseId& leaseOf(const leptir::TaskRelease& released) {
  return released.lease;
}
const LeaseId& leaseOf(const leptir::TaskBurial& buried) {
  return buried.lease;
}

}  // namespace

bool TasksLeftToOthers::add(const std::string& id, Time until, Time now) {
  std::erase_if(until_, [now](const auto& left) { return left.second <= now; });
  if (until_.size() >= leptir::kMaxTasksLeftToOthers) return false;
  until_.insert_or_assign(id, until);
  return true;
}

Time TasksLeftToOthers::dueFor(const StoredTask& task, Time now) const {
  const auto left = until_.find(task.id);
  const auto due = timeOf(task.due);
  return left == until_.end() || left->second <= now ? due : std::max(due, left->second);
}

struct FolderLeases::Operation {
  FolderLock lock;
  StoredSession session;
};

Result<FolderLeases::Operation> FolderLeases::begin() {
  auto lock = store_.begin();
  if (!lock) return lock.error();
  auto session = FolderSessions(store_).openSession(session_);
  if (!session) return session.error();
  return Operation{std::move(*lock), std::move(*session)};
}

Result<FolderLeases::Taken> FolderLeases::take(std::size_t limit) {
  const auto operation = begin();
  if (!operation) return operation.error();
  auto tasks = store_.tasks.all();
  if (!tasks) return tasks.error();
  const auto now = store_.now();
  std::erase_if(*tasks, [](const StoredTask& task) { return task.burial != 0 || !task.session.empty(); });
  std::ranges::sort(*tasks, {}, [](const StoredTask& task) { return std::pair(task.due, task.number); });

  Taken taken;
  std::optional<std::uint64_t> number;
  for (auto& task : *tasks) {
    const auto due = leftToOthers_.dueFor(task, now);
    if (due > now) taken.nextDue = std::min(taken.nextDue.value_or(due), due);
    if (due > now || taken.tasks.size() == limit) continue;
    if (!number) {
      auto next = store_.numbers.take();
      if (!next) return next.error();
      number = *next;
    }
    task.session = nameOf(session_);
    task.lease = *number;
    if (auto saved = store_.tasks.save(task); !saved) return saved.error();
    taken.tasks.push_back(leasedTaskOf(task));
  }
  return taken;
}

Result<std::vector<LeasedTask>> FolderLeases::held() {
  const auto operation = begin();
  if (!operation) return operation.error();
  auto tasks = store_.tasks.all();
  if (!tasks) return tasks.error();
  std::ranges::sort(*tasks, {}, &StoredTask::number);
  std::vector<LeasedTask> held;
  for (const auto& task : *tasks) {
    if (task.session == nameOf(session_)) held.push_back(leasedTaskOf(task));
  }
  return held;
}

// A cancel request is repeated until the task leaves the queue, since it is kept with the task.
Result<leptir::Renewal> FolderLeases::renew(std::span<const LeaseId> held, Duration lease) {
  auto operation = begin();
  if (!operation) return operation.error();
  operation->session.expires = microsOf(store_.now() + lease);
  if (auto saved = store_.sessions.save(operation->session); !saved) return saved.error();
  leptir::Renewal renewal;
  for (const auto& one : held) {
    const auto task = heldTask(one);
    if (!task) return task.error();
    if (!*task) {
      renewal.lost.push_back(one);
    } else if (!(*task)->cancelledBy.empty()) {
      renewal.cancelled.push_back({.lease = one, .by = (*task)->cancelledBy});
    }
  }
  return renewal;
}

Result<std::vector<LeaseId>> FolderLeases::acknowledge(std::span<const LeaseId> leases) {
  return settleEach(leases, [this](const StoredTask& task, const LeaseId&) { return store_.tasks.remove(task.id); });
}

Result<std::vector<LeaseId>> FolderLeases::release(std::span<const leptir::TaskRelease> tasks) {
  return settleEach(tasks, [this](StoredTask& task, const leptir::TaskRelease& released) {
    task.session.clear();
    task.due = dueAfterRelease(task, released);
    setCounters(task, released.counters);
    return store_.tasks.save(task);
  });
}

Result<std::vector<LeaseId>> FolderLeases::bury(std::span<const leptir::TaskBurial> tasks) {
  return settleEach(tasks, [this](StoredTask& task, const leptir::TaskBurial& buried) -> Result<void> {
    const auto number = store_.numbers.take();
    if (!number) return number.error();
    setCounters(task, buried.counters);
    folder::bury(task, buried.reason, *number);
    return store_.tasks.save(task);
  });
}

template <class Settled, class Settle>
Result<std::vector<LeaseId>> FolderLeases::settleEach(std::span<const Settled> all, Settle settle) {
  const auto operation = begin();
  if (!operation) return operation.error();
  std::vector<LeaseId> notOurs;
  for (const auto& one : all) {
    auto task = heldTask(leaseOf(one));
    if (!task) return task.error();
    if (!*task) {
      notOurs.push_back(leaseOf(one));
    } else if (auto settled = settle(**task, one); !settled) {
      return settled.error();
    }
  }
  const auto told = store_.numbers.take();  // tells waiting sessions that tasks may have become due
  if (!told) return told.error();
  return notOurs;
}

// The task under exactly this lease of this session.
Result<std::optional<StoredTask>> FolderLeases::heldTask(const LeaseId& lease) {
  auto task = store_.tasks.find(lease.handle);
  if (!task) return task.error();
  const bool isHeld = *task && (*task)->session == nameOf(session_) && (*task)->lease == lease.number;
  return isHeld ? std::move(task) : std::optional<StoredTask>();
}

// As before, unless the caller names a time. A task that cannot be remembered as left to others is due at that time for
// all sessions.
std::int64_t FolderLeases::dueAfterRelease(const StoredTask& task, const leptir::TaskRelease& released) {
  const auto due = released.due ? microsOf(*released.due) : task.due;
  if (!released.leftToOthersUntil) return due;
  const bool isLeft = leftToOthers_.add(task.id, *released.leftToOthersUntil, store_.now());
  return isLeft ? due : microsOf(*released.leftToOthersUntil);
}

}  // namespace folder
