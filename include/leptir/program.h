// Program: what a user's program brings: its tasks, its backends and error reporters if it has any, and hooks.
#pragma once

#include <functional>
#include <vector>

#include "leptir/backend_registry.h"
#include "leptir/reporter_registry.h"
#include "leptir/task_registry.h"

namespace leptir {

struct Program {
  TaskRegistry tasks{};
  // The program's own backends, whose types its configuration may name.
  BackendRegistry backends{};
  // The program's error reporters, whose names `error_reporting` of its configuration may have.
  ReporterRegistry reporters{};
  // Each worker process calls these functions once, in this order, before its first task: to open connections, load
  // models, fill caches. When a function throws, the worker exits and the instance starts another one.
  std::vector<std::function<void()>> workerStartHooks;

  void onWorkerStart(std::function<void()> hook) { workerStartHooks.push_back(std::move(hook)); }
};

}  // namespace leptir
