#include "folder_sessions.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "leptir/spi/simple_broker.h"
#include "page_of.h"

namespace folder {
namespace {

// How long the file of a session is kept after its end. Until then its epoch is refused; instances have random names,
// so that none comes back later.
constexpr Duration kKeptAfterItsEnd = std::chrono::hours(24);

Time expiryOf(const StoredSession& session) {
  return timeOf(session.expires);
}

}  // namespace

Result<void> FolderSessions::open(const SessionId& id, const leptir::SessionInfo& info, Duration lease) {
  const auto lock = store_.begin();
  if (!lock) return lock.error();
  const auto earlier = store_.sessions.find(id.instance);
  if (!earlier) return earlier.error();
  if (*earlier && (*earlier)->epoch >= id.epoch)
    return Error(ErrorCode::Invalid, "epoch " + std::to_string(id.epoch) + " of this instance was opened before");
  return store_.sessions.save({.instance = id.instance,
                               .epoch = id.epoch,
                               .expires = microsOf(store_.now() + lease),
                               .host = info.host,
                               .version = info.version,
                               .pid = info.pid,
                               .workers = info.workers});
}

Result<StoredSession> FolderSessions::openSession(const SessionId& id) {
  auto session = store_.sessions.find(id.instance);
  if (!session) return session.error();
  if (*session && (*session)->isOpen && (*session)->epoch == id.epoch) return std::move(**session);
  return Error(ErrorCode::Lost, "the session was claimed, closed or never opened");
}

Result<void> FolderSessions::checkOpen(const SessionId& id) {
  const auto lock = store_.begin();
  if (!lock) return lock.error();
  const auto session = openSession(id);
  return session ? Result<void>() : session.error();
}

// Releases the tasks first: a process that dies in between leaves a session that expires.
Result<void> FolderSessions::close(const SessionId& id) {
  const auto lock = store_.begin();
  if (!lock) return lock.error();
  auto session = openSession(id);
  if (!session) return session.error();
  const auto tasks = store_.tasks.all();
  if (!tasks) return tasks.error();
  for (auto task : *tasks) {
    if (task.session != nameOf(id)) continue;
    task.session.clear();
    task.due = std::min(task.due, microsOf(store_.now()));
    if (auto saved = store_.tasks.save(task); !saved) return saved;
  }
  session->isOpen = false;
  session->expires = microsOf(store_.now());
  if (auto saved = store_.sessions.save(*session); !saved) return saved;
  const auto told = store_.numbers.take();
  return told ? Result<void>() : told.error();
}

Result<std::size_t> FolderSessions::recoverExpired(std::size_t limit, const std::set<std::string>& ownInstances) {
  const auto lock = store_.begin();
  if (!lock) return lock.error();
  const auto open = claimExpired(ownInstances);
  if (!open) return open.error();
  auto tasks = store_.tasks.all();
  if (!tasks) return tasks.error();
  std::ranges::sort(*tasks, {}, &StoredTask::number);
  std::size_t recovered = 0;
  for (auto& task : *tasks) {
    if (task.session.empty() || open->contains(task.session)) continue;
    if (recovered == limit) break;
    if (auto done = recover(std::move(task)); !done) return done.error();
    ++recovered;
  }
  return recovered;
}

// Returns the names of the sessions that stay open. The claim is written before the first task goes back: from then on
// every operation of the session answers Lost.
Result<std::set<std::string>> FolderSessions::claimExpired(const std::set<std::string>& ownInstances) {
  auto sessions = store_.sessions.all();
  if (!sessions) return sessions.error();
  std::set<std::string> open;
  for (auto& session : *sessions) {
    if (session.isOpen && (expiryOf(session) > store_.now() || ownInstances.contains(session.instance))) {
      open.insert(nameOf(session.id()));
      continue;
    }
    if (auto ended = endSession(std::move(session)); !ended) return ended.error();
  }
  return open;
}

// Writes that an expired session is claimed; removes the file of one that ended long ago.
Result<void> FolderSessions::endSession(StoredSession session) {
  if (std::exchange(session.isOpen, false)) return store_.sessions.save(session);
  const bool isOld = expiryOf(session) + kKeptAfterItsEnd <= store_.now();
  return isOld ? store_.sessions.remove(session.instance) : Result<void>();
}

// "`expiries` + 1, due after delayAfterExpiry" (simple_broker.h). A counter at its largest value stays there.
Result<void> FolderSessions::recover(StoredTask task) {
  const auto told = store_.numbers.take();  // tells waiting sessions that tasks may have become due
  if (!told) return told.error();
  if (task.expiries < std::numeric_limits<std::uint32_t>::max()) ++task.expiries;
  task.session.clear();
  const auto now = microsOf(store_.now());
  const auto delay = leptir::delayAfterExpiry(task.expiries);
  task.due = delay == Duration::zero() ? std::min(task.due, now) : now + delay.count();
  return store_.tasks.save(task);
}

Result<void> FolderSessions::expire(std::string_view instance) {
  const auto lock = store_.begin();
  if (!lock) return lock.error();
  auto session = store_.sessions.find(std::string(instance));
  if (!session) return session.error();
  if (!*session || !(*session)->isOpen) return {};
  (*session)->expires = microsOf(store_.now());
  return store_.sessions.save(**session);
}

Result<std::vector<leptir::ListedSession>> FolderSessions::list(leptir::Page page) {
  const auto lock = store_.begin();
  if (!lock) return lock.error();
  const auto sessions = store_.sessions.all();
  if (!sessions) return sessions.error();
  const auto tasks = store_.tasks.all();
  if (!tasks) return tasks.error();
  std::map<std::string, std::uint64_t> leasedBy;
  for (const auto& task : *tasks) ++leasedBy[task.session];
  std::vector<leptir::ListedSession> listed;
  for (const auto& session : *sessions) {
    if (!session.isOpen) continue;
    listed.push_back(
        {.session = session.id(),
         .info = {.host = session.host, .pid = session.pid, .version = session.version, .workers = session.workers},
         .expiresIn = std::max<Duration>(expiryOf(session) - store_.now(), Duration::zero()),
         .leasedTasks = leasedBy[nameOf(session.id())]});
  }
  std::ranges::sort(listed, {}, [](const leptir::ListedSession& one) { return one.session.instance; });
  return pageOf(std::move(listed), page);
}

}  // namespace folder
