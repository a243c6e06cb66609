#include "backends/memory/memory_tasks.h"

#include "base/task_id.h"
#include "broker/cancel_requester.h"
#include "broker/keeper_errors.h"

namespace leptir::memory {

Result<void> MemoryTasks::push(std::span<const EncodedTask> tasks) {
  const std::lock_guard lock(mutex_);
  for (const auto& task : tasks) {
    if (byId(task.id) != nullptr) continue;
    add(task.id, task.envelope, task.timeOfExecution.value_or(clock_->now())).counters = task.counters;
  }
  ring();
  return {};
}

void MemoryTasks::pushRaw(std::string envelope, Time due) {
  const std::lock_guard lock(mutex_);
  add("", std::move(envelope), due);
  ring();
}

TaskCounts MemoryTasks::counts() {
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

Result<FoundTask> MemoryTasks::find(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto* task = byId(id);
  if (task == nullptr) return broker::noSuchTask(id);
  return toFoundTask(*task);
}

Result<void> MemoryTasks::remove(std::string_view id) {
  const std::lock_guard lock(mutex_);
  auto* task = byId(id);
  if (task == nullptr) return broker::noSuchTask(id);
  if (task->holder != 0) return broker::taskLeasedError(id);
  forget(*task);
  return {};
}

Result<CancelResult> MemoryTasks::cancel(std::string_view id, std::string_view by) {
  const std::lock_guard lock(mutex_);
  auto* task = byId(id);
  if (task == nullptr) return broker::noSuchTask(id);
  if (task->holder == 0) {
    forget(*task);
    return CancelResult::Removed;
  }
  task->cancelledBy = broker::requesterOrUnknown(by);
  return CancelResult::Requested;
}

std::vector<FoundTask> MemoryTasks::listBuried(Page page) {
  const std::lock_guard lock(mutex_);
  std::map<BurialNumber, const Task*> buried;
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

std::size_t MemoryTasks::removeMany(std::span<const std::string> ids) {
  const std::lock_guard lock(mutex_);
  std::size_t removed = 0;
  for (const auto& id : ids) {
    auto* task = byId(id);
    if (task == nullptr || task->holder != 0) continue;
    forget(*task);
    ++removed;
  }
  return removed;
}

std::size_t MemoryTasks::reschedule(std::span<const std::string> ids, std::optional<Time> due) {
  const std::lock_guard lock(mutex_);
  std::size_t rescheduled = 0;
  for (const auto& id : ids) {
    auto* task = byId(id);
    if (task == nullptr || task->holder != 0 || task->buried != 0) continue;
    waiting_.erase({task->due, task->number});
    enqueue(*task, due.value_or(clock_->now()));
    ++rescheduled;
  }
  ring();
  return rescheduled;
}

std::size_t MemoryTasks::revive(std::span<const std::string> ids) {
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

std::vector<FoundTask> MemoryTasks::buriedAmong(std::span<const std::string> ids) {
  const std::lock_guard lock(mutex_);
  std::vector<FoundTask> found;
  for (const auto& id : ids) {
    const auto* task = byId(id);
    if (task != nullptr && task->buried != 0) found.push_back(toFoundTask(*task));
  }
  return found;
}

std::vector<FoundTask> MemoryTasks::listWaiting() {
  const std::lock_guard lock(mutex_);
  std::vector<FoundTask> listed;
  for (const auto& [due, number] : waiting_) listed.push_back(toFoundTask(tasks_.at(number)));
  return listed;
}

void MemoryTasks::addBell(Wake& bell) {
  const std::lock_guard lock(mutex_);
  bells_.insert(&bell);
}

void MemoryTasks::removeBell(Wake& bell) {
  const std::lock_guard lock(mutex_);
  bells_.erase(&bell);
}

MemoryTasks::Task& MemoryTasks::add(std::string id, std::string envelope, Time due) {
  auto& task = tasks_[++lastNumber_];
  task.number = lastNumber_;
  task.id = std::move(id);
  task.envelope = std::move(envelope);
  if (!task.id.empty()) ids_.emplace(task.id, task.number);
  enqueue(task, due);
  return task;
}

void MemoryTasks::enqueue(Task& task, Time due) {
  task.holder = 0;
  task.due = due;
  waiting_.emplace(due, task.number);
}

void MemoryTasks::markBuried(Task& task, std::string reason) {
  task.holder = 0;
  task.buried = ++lastBuried_;
  task.reason = std::move(reason);
  task.cancelledBy.clear();
  if (!task.id.empty()) return;
  task.id = base::makeTaskId(*clock_);
  ids_.emplace(task.id, task.number);
}

void MemoryTasks::forget(Task& task) {
  waiting_.erase({task.due, task.number});
  ids_.erase(task.id);
  tasks_.erase(task.number);
}

MemoryTasks::Task* MemoryTasks::byId(std::string_view id) {
  const auto found = ids_.find(std::string(id));
  return found == ids_.end() ? nullptr : &tasks_.at(found->second);
}

TaskState MemoryTasks::stateOf(const Task& task) const {
  if (task.holder != 0) return TaskState::Leased;
  if (task.buried != 0) return TaskState::Buried;
  return task.due <= clock_->now() ? TaskState::Due : TaskState::Scheduled;
}

FoundTask MemoryTasks::toFoundTask(const Task& task) const {
  return {task.id, stateOf(task), task.due, task.counters, task.envelope, task.reason};
}

void MemoryTasks::ring() {
  for (auto* bell : bells_) bell->ring();
}

}  // namespace leptir::memory
