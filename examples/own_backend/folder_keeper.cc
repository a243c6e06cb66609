#include "folder_keeper.h"

#include <algorithm>

#include "folder_sessions.h"
#include "page_of.h"

namespace folder {

using leptir::CancelResult, leptir::Page;

Result<StoredTask> FolderKeeper::taskOf(std::string_view id) {
  auto task = store_.tasks.find(std::string(id));
  if (!task) return task.error();
  if (!*task) return Error(ErrorCode::NotFound, "no task '" + std::string(id) + "' in the queue");
  return std::move(**task);
}

Result<FoundTask> FolderKeeper::find(std::string_view id) {
  const auto lock = store_.begin();
  if (!lock) return lock.error();
  const auto task = taskOf(id);
  if (!task) return task.error();
  return foundTaskOf(*task, store_.now());
}

Result<void> FolderKeeper::remove(std::string_view id) {
  const auto lock = store_.begin();
  if (!lock) return lock.error();
  const auto task = taskOf(id);
  if (!task) return task.error();
  if (!task->session.empty()) return Error(ErrorCode::Lost, "task '" + task->id + "' is leased; cancel it");
  return store_.tasks.remove(task->id);
}

// "An empty `by` is stored as another text, since LeasedTask::cancelledBy is empty without a request" (task_keeper.h).
Result<CancelResult> FolderKeeper::cancel(std::string_view id, std::string_view by) {
  const auto lock = store_.begin();
  if (!lock) return lock.error();
  auto task = taskOf(id);
  if (!task) return task.error();
  if (task->session.empty()) {
    if (auto removed = store_.tasks.remove(task->id); !removed) return removed.error();
    return CancelResult::Removed;
  }
  task->cancelledBy = by.empty() ? "an unnamed user" : by;
  if (auto saved = store_.tasks.save(*task); !saved) return saved.error();
  return CancelResult::Requested;
}

Result<std::vector<FoundTask>> FolderKeeper::listBuried(Page page) {
  const auto lock = store_.begin();
  if (!lock) return lock.error();
  auto tasks = store_.tasks.all();
  if (!tasks) return tasks.error();
  std::erase_if(*tasks, [](const StoredTask& task) { return task.burial == 0; });
  std::ranges::sort(*tasks, {}, &StoredTask::burial);
  std::vector<FoundTask> found;
  for (const auto& task : pageOf(std::move(*tasks), page)) found.push_back(foundTaskOf(task, store_.now()));
  return found;
}

// "Due at once and with all counters zero". Its lease number stays, since later ones must be larger.
Result<std::size_t> FolderKeeper::revive(std::span<const std::string> ids) {
  const auto lock = store_.begin();
  if (!lock) return lock.error();
  std::size_t revived = 0;
  for (const auto& id : ids) {
    auto task = store_.tasks.find(id);
    if (!task) return task.error();
    if (!*task || (*task)->burial == 0) continue;
    (*task)->burial = 0;
    (*task)->reason.clear();
    (*task)->due = microsOf(store_.now());
    setCounters(**task, {});
    if (auto saved = store_.tasks.save(**task); !saved) return saved.error();
    ++revived;
  }
  const auto told = store_.numbers.take();  // tells waiting sessions
  if (!told) return told.error();
  return revived;
}

Result<std::vector<leptir::ListedSession>> FolderKeeper::listSessions(Page page) {
  return FolderSessions(store_).list(page);
}

Result<std::vector<FoundTask>> FolderKeeper::buriedAmong(std::span<const std::string> ids) {
  const auto lock = store_.begin();
  if (!lock) return lock.error();
  std::vector<FoundTask> found;
  for (const auto& id : ids) {
    const auto task = store_.tasks.find(id);
    if (!task) return task.error();
    if (*task && (*task)->burial != 0) found.push_back(foundTaskOf(**task, store_.now()));
  }
  return found;
}

}  // namespace folder
