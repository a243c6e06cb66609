// The worker process: takes tasks from its slot, runs them one at a time, writes their outcomes into it. Opens no
// store.
#pragma once

#include <functional>
#include <optional>

#include "leptir/clock.h"
#include "leptir/logger.h"
#include "leptir/program.h"
#include "leptir/task_rules.h"
#include "link/link.h"
#include "task/run_trace.h"

namespace leptir::worker {

struct WorkerOptions {
  // The number of its slot. In kReportSlot it runs error reports (report_task.h): they go on while the instance stops,
  // and find the process as the report before has left it, since reporters may keep threads and connections.
  int slot = 0;
  int masterPid = 0;                         // the worker ends when this is no longer its parent
  std::function<void()> reopenLogs{};        // called between two tasks after USR1; may be empty
  const TaskRulesByName* rules = nullptr;    // rules of task names; may be null, else outlives the worker
  std::optional<std::uint64_t> maxTasks{};   // the worker ends after so many, and the master starts a fresh one
  std::optional<std::uint64_t> maxMemory{};  // bytes; with more resident memory after a task the worker ends, too
  task::TraceSettings traceSettings{};       // which runs hand on a span of their own; those of the dispatcher

  bool runsReports() const { return slot == link::kReportSlot; }
};

// The main function of a worker, called right after its fork; answers its exit status. The worker ends when the shared
// page says Leave, when it is told to leave its slot, when the master is gone, when its task was stopped, or when it
// finds itself in another process than the one it began in (a task that forked and returned in the child).
int runWorker(const WorkerOptions& options, link::Link& link, const Program& program, const Logger& logger,
              const Clock& clock);

}  // namespace leptir::worker
