// The functions for TaskKeeper and BuriedLookup: find, remove, cancel, list and revive single tasks.
#include "backends/memory/memory_queue.h"

namespace leptir::memory {
namespace {

Error notFound(std::string_view id) {
  return Error(ErrorCode::NotFound, "no task " + std::string(id) + " in the queue");
}

}  // namespace

Result<FoundTask> MemoryQueue::find(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto* task = byId(id);
  if (task == nullptr) return notFound(id);
  return toFoundTask(*task);
}

Result<void> MemoryQueue::remove(std::string_view id) {
  const std::lock_guard lock(mutex_);
  auto* task = byId(id);
  if (task == nullptr) return notFound(id);
  if (task->holder != 0) return Error(ErrorCode::Lost, "task " + std::string(id) + " is leased; cancel it instead");
  forget(*task);
  return {};
}

Result<CancelResult> MemoryQueue::cancel(std::string_view id, std::string_view by) {
  const std::lock_guard lock(mutex_);
  auto* task = byId(id);
  if (task == nullptr) return notFound(id);
  if (task->holder == 0) {
    forget(*task);
    return CancelResult::Removed;
  }
  task->cancelledBy = by.empty() ? "somebody" : by;
  return CancelResult::Requested;
}

std::vector<FoundTask> MemoryQueue::listBuried(Page page) {
  const std::lock_guard lock(mutex_);
  std::map<TaskNumber, const Task*> buried;
  for (const auto& [number, task] : tasks_) {
    if (task.buried != 0) buried.emplace(task.buried, &task);
  }
  std::vector<FoundTask> listed;
  std::size_t position = 0;
  for (const auto& [order, task] : buried) {
    if (position++ >= page.offset && listed.size() < page.limit) listed.push_back(toFoundTask(*task));
  }
  return listed;
}

std::size_t MemoryQueue::revive(std::span<const std::string> ids) {
  const std::lock_guard lock(mutex_);
  std::size_t revived = 0;
  for (const auto& id : ids) {
    auto* task = byId(id);
    if (task == nullptr || task->buried == 0) continue;
    task->buried = 0;
    task->reason.clear();
    task->counters = {};
    enqueue(*task, clock_->now());
    ++revived;
  }
  ring();
  return revived;
}

std::vector<FoundTask> MemoryQueue::buriedAmong(std::span<const std::string> ids) {
  const std::lock_guard lock(mutex_);
  std::vector<FoundTask> found;
  for (const auto& id : ids) {
    const auto* task = byId(id);
    if (task != nullptr && task->buried != 0) found.push_back(toFoundTask(*task));
  }
  return found;
}

}  // namespace leptir::memory
