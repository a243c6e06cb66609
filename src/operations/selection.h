// What the stores are asked for a TaskSelection, and what becomes of their answers.
#pragma once

#include <optional>

#include "leptir/json.h"
#include "leptir/meta_filter.h"
#include "leptir/operations/listed_task.h"
#include "leptir/result.h"
#include "leptir/spi/task_list.h"
#include "leptir/task_filter.h"

namespace leptir::operations {

// Invalid: the beginning of an id can begin no id, or `since` is not before `until`.
Result<void> check(const TaskSelection& selection);

// Whether tasks in queues, or records of tasks that are over, can match at all.
bool asksQueues(const TaskSelection& selection);
bool asksRecords(const TaskSelection& selection);

// `order`: none is the usual order of the list.
TaskFilter taskFilterOf(const TaskSelection& selection, std::optional<ListOrder> order = {});
MetaFilter metaFilterOf(const TaskSelection& selection, std::optional<ListOrder> order = {});
// Whether a record that the MetaFilter has let through is of a task that is over, and ended as the selection says.
bool matchesState(const TaskSelection& selection, const Json& record);

constexpr ListedState listedStateOf(TaskState state) {
  return static_cast<ListedState>(state);
}
constexpr TaskState taskStateOf(ListedState state) {
  return static_cast<TaskState>(state);
}

ListedTask listedTaskOf(FoundTask found, const std::string& broker);
// `record` may be of another program, with any content.
ListedTask listedTaskOf(Json record);

}  // namespace leptir::operations
