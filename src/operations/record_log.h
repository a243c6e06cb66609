// The logs of runs in a record.
#pragma once

#include <optional>
#include <vector>

#include "leptir/json.h"
#include "leptir/operations/task_log.h"

namespace leptir::operations {

// Leaves the logs out of a record, for lists: each may have 128 KiB of them.
void leaveOutLogs(Json& record);

// The runs that the record tells of, the oldest first.
std::vector<int> attemptsOf(const Json& record);

// The log of one run; empty where the record has none of it. None: the record does not tell of this run.
std::optional<TaskLog> logInRecord(const Json& record, int attempt);

}  // namespace leptir::operations
