// For `leptir info`: what is known of one task, from its record or else from its queue.
#pragma once

#include <functional>

#include "leptir/json.h"
#include "leptir/result.h"

namespace leptir::cli {

using TaskLookup = std::function<Result<Json>()>;

// Calls `recorded` (the meta storages) first, and `waiting` (the brokers) if there is no record; each returns NotFound
// for an unknown task. The error of an unreadable record is returned unless the task waits. If neither knows the task,
// it may have finished between the two calls, so `recorded` is called again: a record is saved before its task leaves
// the broker.
Result<Json> findTask(const TaskLookup& recorded, const TaskLookup& waiting);

}  // namespace leptir::cli
