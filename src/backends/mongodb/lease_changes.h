// Updates of tasks that one session has leased: each is applied once, and only while the lease stands (README.md,
// "Unknown outcomes").
#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backends/mongodb/mongodb_queue.h"
#include "backends/mongodb/task_update.h"
#include "leptir/spi/broker_task.h"

namespace leptir::mongodb {

// An update of one leased task. `whenRefused`: the update sent instead if the first would be too large.
struct LeaseChange {
  LeaseId lease{};
  TaskUpdate update{};
  std::optional<TaskUpdate> whenRefused{};
};

// Applies them. Returns the leases that were not this session's any more.
MongodbResult<std::vector<LeaseId>> applyChanges(MongodbQueue& queue, const std::string& session,
                                                 std::vector<LeaseChange> changes);

// Removes from `tasks`, and returns, the leases whose handle names no document, and all but the first of equal ones.
template <class Task, class LeaseOf>
std::vector<LeaseId> dropUnusableLeases(std::vector<Task>& tasks, LeaseOf leaseOf) {
  std::vector<LeaseId> unusable;
  std::set<LeaseId> seen;
  std::erase_if(tasks, [&](const Task& task) {
    const LeaseId& lease = leaseOf(task);
    if (isHandle(lease.handle) && seen.insert(lease).second) return false;
    unusable.push_back(lease);
    return true;
  });
  return unusable;
}

}  // namespace leptir::mongodb
