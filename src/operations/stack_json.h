// The stack of a process as JSON (docs/wire-format.md), for the public interface.
#pragma once

#include "leptir/json.h"
#include "leptir/operations/task_stack.h"
#include "leptir/result.h"

namespace leptir::operations {

// `id`, `instance` and `host` are left to the caller. Corrupt: it is no such JSON; any program that reaches a store can
// write there.
Result<TaskStack> stackIn(const Json& json);

}  // namespace leptir::operations
