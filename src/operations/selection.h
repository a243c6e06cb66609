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
bool endedAsSelected(const TaskSelection& selection, const Json& record);
// Done, Failed or Cancelled, of a record whose task is over.
ListedState endStateOf(const Json& record);

// How a run that ended by itself went, if `cause` is such a word: success, warning, error or unknown. Its records have
// the cause `finished`.
std::optional<ExitStatus> exitStatusIn(std::string_view cause);
// Whether the record is of a run that ended by itself with this exit status; none: every record matches.
bool exitedWith(std::optional<ExitStatus> status, const Json& record);
// The filter with the cause that records have.
MetaFilter withStoredCause(MetaFilter filter);

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
