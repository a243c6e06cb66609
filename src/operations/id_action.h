// An action on tasks that are named by their ids.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "leptir/operations/task_action.h"
#include "leptir/spi/task_list.h"
#include "operations/stores.h"

namespace leptir::operations {

// The tasks with given ids, by the broker and the state in which they were found.
struct FoundIds {
  std::map<std::pair<std::size_t, TaskState>, std::vector<FoundTask>> tasks{};  // by broker and state
  std::vector<LeftAlone> leftAlone{};
  bool stopped = false;         // not all ids were looked for
  std::vector<Error> unable{};  // of brokers that could not be asked, if a task was found nowhere else
};

// Looks for each task in the brokers with this name (empty: in all). `leftAlone` has those that are in no queue, and
// those in a state that the action does not change. Invalid: an id is none, or the broker is unknown.
// It calls `progress` after each id; false ends the search, and `stopped` is set.
Result<FoundIds> findIds(Stores& stores, const TaskAction& action, const TaskTargets& targets,
                         const OnActionProgress& progress = {});

// Changes the tasks that were found, in slices, and calls `progress` after each; false ends the action there.
void changeFoundTasks(Stores& stores, const TaskAction& action, const FoundIds& found, const OnActionProgress& progress,
                      ActionReport& report);

}  // namespace leptir::operations
