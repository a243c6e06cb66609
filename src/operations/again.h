// Pushes tasks again from what is left of them: the envelope of a record, or that of a buried task.
#pragma once

#include <optional>
#include <string>

#include "leptir/broker.h"
#include "leptir/json.h"
#include "leptir/operations/listed_task.h"
#include "leptir/operations/task_action.h"
#include "operations/stores.h"

namespace leptir::operations {

// The task of the envelope with changed parameters, as a new task that is due at once: its priority, time limit and
// attempts are kept; its id, counters, due time and the time at which it expires are not. Invalid: `changes` is no JSON
// object. Corrupt: the bytes are no envelope.
Result<TaskToPush> taskAgain(std::string_view envelope, std::string_view changes);

// Why a task is not pushed again; empty: it is. `queued`: where it stands in a queue; none: in no queue. `record`: of
// its last run; null: none. A task that waits for a retry or was revived has a record with an envelope, and waits.
std::string whyNotAgain(const std::optional<ListedState>& queued, const Json& record);

// Pushes the tasks with these ids again. Their errors, and the ids that have no envelope, are in the report.
Result<void> pushIdsAgain(Stores& stores, const TaskAction& action, const std::vector<std::string>& ids,
                          const OnActionProgress& progress, ActionReport& report);
// Pushes all tasks again whose records match, except those in AgainLeftOut. The report has errors. Invalid: the
// selection asks for what no record tells (a broker, a reason, a state in a queue). Lost: another process pushes a
// selection again right now.
Result<void> pushSelectionAgain(Stores& stores, const TaskAction& action, const TaskSelection& selection,
                                const OnActionProgress& progress, ActionReport& report);

}  // namespace leptir::operations
