// TaskRunner: runs the task of one cell, and shows its progress and its stop request through the slot.
#pragma once

#include <string>
#include <string_view>

#include "leptir/outcome.h"
#include "link/link.h"
#include "link/run_log_writer.h"
#include "task/envelope.h"
#include "task/executor.h"
#include "task/run_trace.h"
#include "worker/task_receiver.h"

namespace leptir::worker {

class TaskRunner {
 public:
  // The arguments must outlive the object.
  // `runLog`: the memory for the logs of runs (RunLogs::mapForWorker); null: they are not kept.
  TaskRunner(link::Slot& slot, const Wake& stopBell, char* runLog, const TaskRegistry& tasks, const Logger& logger,
             const Clock& clock, const task::TraceSettings& traceSettings);

  bool knows(std::string_view name) const { return tasks_.contains(name); }
  // Whether this worker has to read the time of the push from the envelope, to compute the ids of a task's spans.
  task::PushTimeReading pushTimeReading() const {
    return task::needsTimeOfPush(traceSettings_) ? task::PushTimeReading::Read : task::PushTimeReading::Skipped;
  }
  Outcome run(const BegunCell& begun, const link::Assignment& assignment, task::TaskCall call);

 private:
  task::TaskEnvironment environmentOf(const BegunCell& begun, const link::Assignment& assignment, task::TaskCall& call);
  void addToTaskLog(LogLevel level, std::string_view message);
  void addLogTo(Outcome& outcome) const;
  std::string traceparentOf(const link::Assignment& assignment, const task::TaskCall& call) const;
  bool saveProvisional(const BegunCell& begun, const Outcome& unfinished);

  link::Slot& slot_;
  const Wake& stopBell_;
  const TaskRegistry& tasks_;
  const Logger& logger_;
  const Clock& clock_;
  const task::TraceSettings& traceSettings_;
  task::Executor executor_;
  link::RunLogWriter log_;
  const int pid_;
  std::string encodedUnfinished_;
  bool wroteProgress_ = false;
};

}  // namespace leptir::worker
