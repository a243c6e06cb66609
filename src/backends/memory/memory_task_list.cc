// MemoryTasks: lists of tasks, page after page.
#include <algorithm>

#include "backends/memory/memory_tasks.h"
#include "base/cursor.h"
#include "broker/task_match.h"

namespace leptir::memory {

Result<TaskList> MemoryTasks::list(const TaskFilter& filter, std::string_view cursor, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  std::optional<ListPosition> after;
  if (!cursor.empty()) {
    after = base::numbersIn<3>(cursor);
    if (!after) return base::noSuchCursor(cursor);
  }
  const auto positions = positionsAfter(after, filter.order);
  TaskList page;
  std::size_t bytes = 0;
  for (const auto& position : positions) {
    if (page.tasks.size() == limit || page.examined == kMaxTasksExamined || bytes > kMaxPageBytes) return page;
    const auto& task = tasks_.at(static_cast<TaskNumber>(position.back()));
    ++page.examined;
    page.cursor = base::cursorOf(position);
    if (auto found = toFoundTask(task); broker::matches(found, filter)) {
      bytes += found.envelope.size();
      page.tasks.push_back(std::move(found));
    }
  }
  page.cursor.clear();
  return page;
}

// Sorted; none: all.
std::vector<MemoryTasks::ListPosition> MemoryTasks::positionsAfter(const std::optional<ListPosition>& after,
                                                                   ListOrder order) const {
  // LatestFirst reverses the order within each part of the list, not the order of the parts.
  const auto isBefore = [order](const ListPosition& a, const ListPosition& b) {
    return order == ListOrder::LatestFirst && a.front() == b.front() ? b < a : a < b;
  };
  std::vector<ListPosition> positions;
  for (const auto& [number, task] : tasks_) {
    if (const auto position = positionOf(task); !after || isBefore(*after, position)) positions.push_back(position);
  }
  std::ranges::sort(positions, isBefore);
  return positions;
}

// Compares as the tasks are listed: the waiting ones, the leased ones, the buried ones, each with what orders them.
MemoryTasks::ListPosition MemoryTasks::positionOf(const Task& task) {
  const auto number = static_cast<std::int64_t>(task.number);
  if (task.holder != 0) return {1, 0, number};
  if (task.buried != 0) return {2, static_cast<std::int64_t>(task.buried), number};
  return {0, task.due.time_since_epoch().count(), number};
}

std::optional<Time> MemoryTasks::earliestDue() {
  const std::lock_guard lock(mutex_);
  return waiting_.empty() ? std::nullopt : std::optional(waiting_.begin()->first);
}

}  // namespace leptir::memory
