// The worker process: receives tasks from its slot, runs them one at a time, answers in the slot. Opens no store.
#pragma once

#include <functional>
#include <optional>

#include "leptir/clock.h"
#include "leptir/logger.h"
#include "leptir/run_main.h"
#include "leptir/task_rules.h"
#include "link/link.h"

namespace leptir {

struct WorkerOptions {
  int slot = 0;
  int masterPid = 0;                         // the worker ends when this is no longer its parent
  std::function<void()> reopenLogs{};        // what USR1 calls, between two tasks; may be none
  const TaskRuleBook* rules = nullptr;       // of some task names; may be none, outlives the worker
  std::optional<std::uint64_t> maxTasks{};   // after so many it ends, and the master starts a fresh one
  std::optional<std::uint64_t> maxMemory{};  // bytes of resident memory, looked at between two tasks: the same
};

// The main function of a worker, called right after its fork; answers its exit status. Ends when the page says Leave,
// or its slot that it leaves, when the master is gone, when its task was stopped, or when the process is no longer the
// one that began (a task that forked and returned).
int runWorker(const WorkerOptions& options, Link& link, const Program& program, const Logger& logger,
              const Clock& clock);

}  // namespace leptir
