// The stack of a process as JSON (docs/wire-format.md), for the public interface.
#pragma once

#include "leptir/json.h"
#include "leptir/operations/task_stack.h"
#include "leptir/result.h"

namespace leptir::operations {

// The caller sets `id`, `instance` and `host`. Corrupt: the text is not such a JSON object; any program that reaches a
// store can write there.
Result<TaskStack> stackIn(const Json& json);

}  // namespace leptir::operations
