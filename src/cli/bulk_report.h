// What a command prints about an action on tasks. Functions that return an int return the exit status.
#pragma once

#include <string>

#include "cli/bulk_action.h"
#include "leptir/operations.h"

namespace leptir::cli {

// "1 task", "12 tasks", "more than 10000000 tasks".
std::string countOfTasks(const ActionPreview& preview);

// Which tasks `again` leaves out of a selection, and how to push them too; on stderr.
void printLeftOut(const BulkAction& action, const AgainLeftOut& leftOut);

int printPreview(const BulkAction& action, const ActionPreview& preview, bool json);
int printNothingToDo(const BulkAction& action, const TaskTargets& targets, const ActionPreview& preview, bool json);
int printReport(const BulkAction& action, const TaskTargets& targets, const ActionReport& report, bool json);

}  // namespace leptir::cli
