// Executor: runs one task as a list of steps, each inside the only try/catch around user code.
#pragma once

#include "leptir/base_task.h"
#include "leptir/outcome.h"
#include "leptir/task_registry.h"
#include "task/cpu_meter.h"
#include "task/task_run.h"

#include <string>
#include <string_view>

namespace leptir::task {

// Only one thread at a time may use it, in a worker or in a unit test.
class Executor {
 public:
  // The arguments must outlive the Executor.
  Executor(const TaskRegistry& registry, const Logger& logger, const Clock& clock);

  // Runs the task that `environment` names, with `parameters` as JSON text. Exceptions of the task become part of the
  // outcome. Logs PHP leptir's lines: "Task started.", "Task is done. Execution time: 0.0005 seconds.";
  // of a run without success or that was told to stop "Run ended. …", since the dispatcher logs how it ended.
  Outcome run(TaskEnvironment environment, std::string_view parameters);
  // The CPU time that this process, and the children that it waited for, used before a run that begins now.
  Duration cpuTimeBefore(BootTime now) { return cpuMeter_.begin(now); }

 private:
  struct Execution;
  void makeTask(Execution& execution, std::string_view parameters);
  void callBeforeStart(Execution& execution);
  void callDoJob(Execution& execution);
  void callAfterFinish(Execution& execution);
  void callAdditionalMetaInfo(Execution& execution);
  template <class UserCode>
  void callUserCode(Execution& execution, UserCode userCode);
  void measure(Execution& execution);
  Outcome finish(Execution& execution);

  const TaskRegistry& registry_;
  const Logger& logger_;
  const Clock& clock_;
  CpuMeter cpuMeter_;
};

}  // namespace leptir::task
