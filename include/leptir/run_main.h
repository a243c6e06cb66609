// The main program of a user: it registers its tasks, and its backends if it has any, and calls runMain, which provides
// all commands of leptir.
#pragma once

#include <functional>
#include <vector>

#include "leptir/backend_registry.h"
#include "leptir/task_registry.h"

namespace leptir {

struct Program {
  TaskRegistry tasks{};
  // The program's own backends, whose types its configuration may name.
  BackendRegistry backends{};
  // Each worker process calls these functions once, in this order, before its first task: to open connections, load
  // models, fill caches. When a function throws, the worker exits and the instance starts another one.
  std::vector<std::function<void()>> workerStartHooks;

  void onWorkerStart(std::function<void()> hook) { workerStartHooks.push_back(std::move(hook)); }
};

// Runs the command that the arguments name, and returns the exit status for main (docs/guide/commands.md). Call it
// before the process has other threads: `start` forks, so runMain prints an error and fails when there are any.
int runMain(int argc, char** argv, const Program& program);

}  // namespace leptir
