// What is known of one task: its record, or else its place in a queue. For `leptir info`.
#pragma once

#include <functional>

#include "leptir/json.h"
#include "leptir/result.h"

namespace leptir {

using AskForTask = std::function<Result<Json>()>;

// `recorded` is asked first, `waiting` when there is no record; each answers NotFound when it has nothing. A record
// that cannot be read is the answer (its error) unless the task waits. A task that neither had moved between the two
// questions, so `recorded` is asked once more: a record is saved before its broker lets go of the task.
Result<Json> findTask(const AskForTask& recorded, const AskForTask& waiting);

}  // namespace leptir
