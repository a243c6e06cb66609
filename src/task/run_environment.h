// Makes the environment of a run from the options of the public runTask functions.
#pragma once

#include <string_view>

#include "leptir/run_task.h"
#include "task/task_run.h"

namespace leptir::task {

// The logger is left out: an Executor sets it.
TaskEnvironment environmentOf(std::string_view name, const RunOptions& options);

}  // namespace leptir::task
