#include "folder_queue.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>

namespace folder {

using leptir::Error, leptir::ErrorCode, leptir::Json, leptir::TaskState;

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(StoredTask, id, envelope, due, session, lease, cancelledBy, buriedAt,
                                                reason, failures, crashes, expiries, unknown)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(StoredSession, instance, epoch, expires, host, version, pid, workers)

namespace {

// Holds the lock of the folder, for the time of one operation.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& folder)
      : descriptor_(::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    ::flock(descriptor_, LOCK_EX);
  }
  ~FolderLock() { ::close(descriptor_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

std::int64_t microsOf(Time time) {
  return time.time_since_epoch().count();
}

std::int64_t now() {
  return microsOf(leptir::systemClock().now());
}

Time timeOf(std::int64_t micros) {
  return Time(Duration(micros));
}

std::string nameOf(const SessionId& session) {
  return session.instance + ":" + std::to_string(session.epoch);
}

leptir::Counters countersOf(const StoredTask& task) {
  return {.failures = task.failures, .crashes = task.crashes, .expiries = task.expiries, .unknown = task.unknown};
}

void setCounters(StoredTask& task, const leptir::Counters& counters) {
  task.failures = counters.failures;
  task.crashes = counters.crashes;
  task.expiries = counters.expiries;
  task.unknown = counters.unknown;
}

TaskState stateOf(const StoredTask& task) {
  if (task.buriedAt != 0) return TaskState::Buried;
  if (!task.session.empty()) return TaskState::Leased;
  return task.due <= now() ? TaskState::Due : TaskState::Scheduled;
}

LeasedTask leasedTaskOf(const StoredTask& task) {
  return {.envelope = task.envelope,
          .counters = countersOf(task),
          .lease = {.number = task.lease, .handle = task.id},
          .cancelledBy = task.cancelledBy};
}

FoundTask foundTaskOf(const StoredTask& task) {
  return {.id = task.id,
          .state = stateOf(task),
          .due = timeOf(task.due),
          .counters = countersOf(task),
          .envelope = task.envelope,
          .reason = task.reason};
}

void markBuried(StoredTask& task, std::string reason) {
  task.session.clear();
  task.cancelledBy.clear();
  task.buriedAt = now();
  task.reason = std::move(reason);
}

Error notInTheQueue(std::string_view id) {
  return Error(ErrorCode::NotFound, "no task '" + std::string(id) + "' in the folder");
}

// The part of a list that a caller asked for.
template <class Item>
std::vector<Item> pageOf(std::vector<Item> all, Page page) {
  const auto begin = std::min(page.offset, all.size());
  const auto end = begin + std::min(page.limit, all.size() - begin);
  return {all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(end)};
}

}  // namespace

FolderQueue::FolderQueue(std::filesystem::path folder)
    : folder_(std::move(folder)), tasks_(folder_ / "tasks"), sessions_(folder_ / "sessions") {}

// Tasks that were written before an error stay (BrokerTraits::pushesAtomically is false).
Result<void> FolderQueue::push(std::span<const EncodedTask> tasks) {
  const FolderLock lock(folder_);
  for (const auto& task : tasks) {
    if (taskWithId(task.id)) continue;
    StoredTask stored{.id = task.id, .envelope = task.envelope};
    stored.due = task.timeOfExecution ? microsOf(*task.timeOfExecution) : now();
    setCounters(stored, task.counters);
    if (auto saved = save(stored); !saved)
      return saved.error().in("task '" + task.id + "' and those after it are not added");
  }
  return {};
}

Result<TaskCounts> FolderQueue::counts() {
  const FolderLock lock(folder_);
  TaskCounts counts;
  for (const auto& task : allTasks()) {
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

// A new session replaces the file of the instance's earlier one; recoverExpired then finds that session's tasks.
Result<void> FolderQueue::openSession(const SessionId& id, const SessionInfo& info, Duration lease) {
  const FolderLock lock(folder_);
  const auto earlier = sessionOf(id.instance);
  if (earlier && earlier->epoch >= id.epoch)
    return Error(ErrorCode::Invalid, "the epoch of this session has been used already");
  return sessions_.write(id.instance, Json(StoredSession{.instance = id.instance,
                                                         .epoch = id.epoch,
                                                         .expires = now() + lease.count(),
                                                         .host = info.host,
                                                         .version = info.version,
                                                         .pid = info.pid,
                                                         .workers = info.workers}));
}

Result<void> FolderQueue::checkSession(const SessionId& id) {
  const FolderLock lock(folder_);
  return checkOpen(id);
}

Result<void> FolderQueue::closeSession(const SessionId& id) {
  const FolderLock lock(folder_);
  if (auto open = checkOpen(id); !open) return open;
  for (auto& task : allTasks()) {
    if (task.session != nameOf(id)) continue;
    task.session.clear();
    task.due = std::min(task.due, now());
    if (auto saved = save(task); !saved) return saved;
  }
  sessions_.remove(id.instance);
  return {};
}

Result<std::size_t> FolderQueue::recoverExpired(std::size_t limit, const std::set<std::string>& ownInstances) {
  const FolderLock lock(folder_);
  std::set<std::string> open;
  for (const auto& json : sessions_.all()) {
    const auto session = json.get<StoredSession>();
    if (session.expires <= now() && !ownInstances.contains(session.instance)) {
      sessions_.remove(session.instance);
    } else {
      open.insert(nameOf({session.instance, session.epoch}));
    }
  }
  std::size_t recovered = 0;
  for (const auto& task : allTasks()) {
    if (task.session.empty() || open.contains(task.session)) continue;
    if (recovered == limit) break;
    if (auto done = recover(task); !done) return done.error();
    ++recovered;
  }
  return recovered;
}

Result<void> FolderQueue::endSessionsOf(std::string_view instance) {
  const FolderLock lock(folder_);
  auto session = sessionOf(std::string(instance));
  if (!session) return {};
  session->expires = now();
  return sessions_.write(session->instance, Json(*session));
}

Result<std::vector<ListedSession>> FolderQueue::listSessions(Page page) {
  const FolderLock lock(folder_);
  std::map<std::string, std::uint64_t> leasedBy;
  for (const auto& task : allTasks()) ++leasedBy[task.session];
  std::vector<ListedSession> listed;
  for (const auto& json : sessions_.all()) {
    const auto session = json.get<StoredSession>();
    const SessionId id{session.instance, session.epoch};
    listed.push_back(
        {.session = id,
         .info = {.host = session.host, .pid = session.pid, .version = session.version, .workers = session.workers},
         .expiresIn = std::max(Duration(session.expires - now()), Duration::zero()),
         .leasedTasks = leasedBy[nameOf(id)]});
  }
  std::ranges::sort(listed, {}, [](const ListedSession& one) { return one.session.instance; });
  return pageOf(std::move(listed), page);
}

Result<std::vector<LeasedTask>> FolderQueue::lease(const SessionId& session, std::size_t limit,
                                                   const std::map<std::string, Time>& leftToOthers) {
  const FolderLock lock(folder_);
  if (auto open = checkOpen(session); !open) return open.error();
  auto tasks = allTasks();
  std::erase_if(tasks, [&](const StoredTask& task) {
    const auto left = leftToOthers.find(task.id);
    return stateOf(task) != TaskState::Due || (left != leftToOthers.end() && microsOf(left->second) > now());
  });
  std::ranges::sort(tasks, {}, [](const StoredTask& task) { return std::pair(task.due, task.id); });
  tasks.resize(std::min(tasks.size(), limit));
  std::vector<LeasedTask> leased;
  for (auto& task : tasks) {
    task.session = nameOf(session);
    task.lease = std::max(static_cast<std::uint64_t>(now()), task.lease + 1);
    if (auto saved = save(task); !saved) return saved.error();
    leased.push_back(leasedTaskOf(task));
  }
  return leased;
}

Result<std::vector<LeasedTask>> FolderQueue::heldTasks(const SessionId& session) {
  const FolderLock lock(folder_);
  if (auto open = checkOpen(session); !open) return open.error();
  std::vector<LeasedTask> held;
  for (const auto& task : allTasks()) {
    if (task.session == nameOf(session)) held.push_back(leasedTaskOf(task));
  }
  return held;
}

Result<Renewal> FolderQueue::renew(const SessionId& id, std::span<const LeaseId> held, Duration lease) {
  const FolderLock lock(folder_);
  if (auto open = checkOpen(id); !open) return open.error();
  auto session = *sessionOf(id.instance);
  session.expires = now() + lease.count();
  if (auto written = sessions_.write(id.instance, Json(session)); !written) return written.error();
  Renewal renewal;
  for (const auto& one : held) {
    const auto task = heldTask(id, one);
    if (!task) {
      renewal.lost.push_back(one);
    } else if (!task->cancelledBy.empty()) {
      renewal.cancelled.push_back({.lease = one, .by = task->cancelledBy});
    }
  }
  return renewal;
}

Result<std::vector<LeaseId>> FolderQueue::acknowledge(const SessionId& session, std::span<const LeaseId> leases) {
  const FolderLock lock(folder_);
  if (auto open = checkOpen(session); !open) return open.error();
  std::vector<LeaseId> notOurs;
  for (const auto& lease : leases) {
    if (heldTask(session, lease)) {
      tasks_.remove(lease.handle);
    } else {
      notOurs.push_back(lease);
    }
  }
  return notOurs;
}

Result<std::vector<LeaseId>> FolderQueue::release(const SessionId& session, std::span<const TaskRelease> tasks) {
  const FolderLock lock(folder_);
  if (auto open = checkOpen(session); !open) return open.error();
  std::vector<LeaseId> notOurs;
  for (const auto& released : tasks) {
    auto task = heldTask(session, released.lease);
    if (!task) {
      notOurs.push_back(released.lease);
      continue;
    }
    task->session.clear();
    setCounters(*task, released.counters);
    if (released.due) task->due = microsOf(*released.due);
    if (auto saved = save(*task); !saved) return saved.error();
  }
  return notOurs;
}

Result<std::vector<LeaseId>> FolderQueue::bury(const SessionId& session, std::span<const TaskBurial> tasks) {
  const FolderLock lock(folder_);
  if (auto open = checkOpen(session); !open) return open.error();
  std::vector<LeaseId> notOurs;
  for (const auto& buried : tasks) {
    auto task = heldTask(session, buried.lease);
    if (!task) {
      notOurs.push_back(buried.lease);
      continue;
    }
    setCounters(*task, buried.counters);
    markBuried(*task, buried.reason);
    if (auto saved = save(*task); !saved) return saved.error();
  }
  return notOurs;
}

Result<FoundTask> FolderQueue::find(std::string_view id) {
  const FolderLock lock(folder_);
  const auto task = taskWithId(id);
  if (!task) return notInTheQueue(id);
  return foundTaskOf(*task);
}

Result<void> FolderQueue::remove(std::string_view id) {
  const FolderLock lock(folder_);
  const auto task = taskWithId(id);
  if (!task) return notInTheQueue(id);
  if (stateOf(*task) == TaskState::Leased) return Error(ErrorCode::Lost, "a session has leased this task");
  tasks_.remove(task->id);
  return {};
}

Result<CancelResult> FolderQueue::cancel(std::string_view id, std::string_view by) {
  const FolderLock lock(folder_);
  auto task = taskWithId(id);
  if (!task) return notInTheQueue(id);
  if (stateOf(*task) != TaskState::Leased) {
    tasks_.remove(task->id);
    return CancelResult::Removed;
  }
  task->cancelledBy = by.empty() ? "somebody" : by;  // empty means that there is no request
  if (auto saved = save(*task); !saved) return saved.error();
  return CancelResult::Requested;
}

Result<std::vector<FoundTask>> FolderQueue::listBuried(Page page) {
  const FolderLock lock(folder_);
  auto tasks = allTasks();
  std::erase_if(tasks, [](const StoredTask& task) { return task.buriedAt == 0; });
  std::ranges::sort(tasks, {}, [](const StoredTask& task) { return std::pair(task.buriedAt, task.id); });
  std::vector<FoundTask> found;
  for (const auto& task : pageOf(std::move(tasks), page)) found.push_back(foundTaskOf(task));
  return found;
}

Result<std::size_t> FolderQueue::revive(std::span<const std::string> ids) {
  const FolderLock lock(folder_);
  std::size_t revived = 0;
  for (const auto& id : ids) {
    const auto task = taskWithId(id);
    if (!task || task->buriedAt == 0) continue;
    StoredTask fresh{.id = task->id, .envelope = task->envelope};
    fresh.due = now();
    fresh.lease = task->lease;
    if (auto saved = save(fresh); !saved) return saved.error();
    ++revived;
  }
  return revived;
}

std::vector<StoredTask> FolderQueue::allTasks() const {
  std::vector<StoredTask> tasks;
  for (const auto& json : tasks_.all()) tasks.push_back(json.get<StoredTask>());
  return tasks;
}

std::optional<StoredTask> FolderQueue::taskWithId(std::string_view id) const {
  const auto json = tasks_.read(std::string(id));
  return json ? std::optional(json->get<StoredTask>()) : std::nullopt;
}

// A task under exactly this lease of this session.
std::optional<StoredTask> FolderQueue::heldTask(const SessionId& session, const LeaseId& lease) const {
  auto task = taskWithId(lease.handle);
  const bool isHeld = task && task->session == nameOf(session) && task->lease == lease.number;
  return isHeld ? std::move(task) : std::nullopt;
}

Result<void> FolderQueue::save(const StoredTask& task) const {
  return tasks_.write(task.id, Json(task));
}

std::optional<StoredSession> FolderQueue::sessionOf(const std::string& instance) const {
  const auto json = sessions_.read(instance);
  return json ? std::optional(json->get<StoredSession>()) : std::nullopt;
}

Result<void> FolderQueue::checkOpen(const SessionId& id) const {
  const auto session = sessionOf(id.instance);
  if (session && session->epoch == id.epoch) return {};
  return Error(ErrorCode::Lost, "the session was claimed or closed");
}

// Puts a task back whose session has ended with it.
Result<void> FolderQueue::recover(StoredTask task) const {
  task.session.clear();
  ++task.expiries;
  const auto delay = leptir::delayAfterExpiry(task.expiries);
  if (!delay) {
    markBuried(task, "its instance died " + std::to_string(task.expiries) + " times while it held the task");
  } else {
    task.due = *delay == Duration::zero() ? std::min(task.due, now()) : now() + delay->count();
  }
  return save(task);
}

}  // namespace folder
