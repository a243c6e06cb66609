// A user's whole program: its tasks, then runMain, which has every command of leptir.
#pragma once

#include <functional>
#include <vector>

#include "leptir/task_registry.h"

namespace leptir {

struct Program {
  TaskRegistry tasks{};
  // Called in this order once in each worker process, before its first task: connections, models, caches. When one
  // throws, the worker ends and is started again.
  std::vector<std::function<void()>> workerStartHooks;

  void onWorkerStart(std::function<void()> hook) { workerStartHooks.push_back(std::move(hook)); }
};

// Runs the command that the arguments name and answers the process's exit status (docs/guide/commands.md). Refuses with
// a sentence when the process already has threads, since `start` forks; call it first thing in main.
int runMain(int argc, char** argv, const Program& program);

}  // namespace leptir
