// Tasks of a list, for people and for scripts.
#pragma once

#include <span>

#include "leptir/json.h"
#include "leptir/operations.h"

namespace leptir::cli {

// A line for each task: id, name, state, when it is due (or has ended), attempts, broker and reason.
void printTasks(std::span<const ListedTask> tasks, Time now);
// {"id", "name", "state", "broker", "due", "attempts", "reason", "pushed", "expires"} of a task in a queue; of one that
// is over its whole record.
Json taskJson(const ListedTask& task);

}  // namespace leptir::cli
