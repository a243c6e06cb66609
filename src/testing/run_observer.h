// RunObserver: runs a task and writes down all that it reports.
#pragma once

#include <mutex>
#include <string_view>

#include "leptir/logger.h"
#include "leptir/task_registry.h"
#include "leptir/testing/observed_run.h"
#include "task/executor.h"

namespace leptir::testing {

// For one run. The task's threads may report from any thread.
class RunObserver {
 public:
  // `parameters`: JSON text. The callbacks of the environment are called too.
  ObservedRun run(task::Executor& executor, task::TaskEnvironment environment, std::string_view parameters);

 private:
  void noteLine(LogLevel level, std::string_view message);
  void noteProgress(double fraction, std::string_view text);

  std::mutex mutex_;  // guards observed_ while the task runs
  ObservedRun observed_;
};

}  // namespace leptir::testing
