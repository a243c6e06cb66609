// leptir::testing::runTask: runs one task in the process of the test and returns all that it did.
#pragma once

#include <concepts>
#include <string_view>

#include "leptir/base_task.h"
#include "leptir/json.h"
#include "leptir/run_task.h"
#include "leptir/task_registry.h"
#include "leptir/testing/observed_run.h"

namespace leptir::testing {

// The type of runTask. It is an object and not a function, so that after `using leptir::testing::runTask;` a call does
// not find leptir::runTask too.
struct TaskRunner {
  // Runs the task `name` as a worker does: beforeStart, doJob, afterFinish. `parameters` are JSON in braces, or a
  // struct that LEPTIR_PARAMETERS describes. The options set what the task finds in its context: the attempt, a stop
  // token, a clock. Exceptions of the task become part of the outcome; a crash or an endless loop is one of the test.
  // It takes some microseconds. Any thread.
  ObservedRun operator()(const TaskRegistry& tasks, std::string_view name, const Json& parameters = Json::object(),
                         const RunOptions& options = {}) const;
};

inline constexpr TaskRunner runTask{};

// The same for a task class that is in no registry: runTaskClass<SlowTask>({{"seconds", 0}}).
template <std::derived_from<BaseTask> Task>
ObservedRun runTaskClass(const Json& parameters = Json::object(), const RunOptions& options = {}) {
  TaskRegistry tasks;
  tasks.add<Task>("task");
  return runTask(tasks, "task", parameters, options);
}

}  // namespace leptir::testing
