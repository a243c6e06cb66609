// Runs one task: a flat list of steps, and the one try/catch around user code.
#pragma once

#include "leptir/base_task.h"
#include "leptir/outcome.h"
#include "leptir/task_registry.h"
#include "task/cpu_meter.h"

#include <string>
#include <string_view>

namespace leptir {

// One thread at a time; lives in a worker (or in a unit test).
class Executor {
 public:
  // Both outlive it.
  Executor(const TaskRegistry& registry, const Logger& logger, const Clock& clock);

  // Never throws. `environment` says who the task is and what it may ask; `parameters` is JSON text.
  // The log gets PHP leptir's lines: "Task started.", "Task is done. Execution time: 0.0005 seconds.".
  Outcome run(TaskEnvironment environment, std::string_view parameters);
  // CPU time that this process has used before a run that begins now, children that it waited for included.
  Duration cpuTimeBefore(BootTime now) { return cpuMeter_.begin(now); }

 private:
  struct Execution;
  void makeTask(Execution& execution, std::string_view parameters);
  void callBeforeStart(Execution& execution);
  void callDoJob(Execution& execution);
  void callAfterFinish(Execution& execution);
  void callAdditionalMetaInfo(Execution& execution);
  template <class UserCode>
  void guarded(Execution& execution, UserCode userCode);
  void measure(Execution& execution);
  Outcome finish(Execution& execution);

  const TaskRegistry& registry_;
  const Logger& logger_;
  const Clock& clock_;
  CpuMeter cpuMeter_;
};

}  // namespace leptir
