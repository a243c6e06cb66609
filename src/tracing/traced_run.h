// TracedRun: a settled run of a task, as its spans tell of it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "leptir/clock.h"
#include "task/run_trace.h"

namespace leptir::tracing {

// A longer text of a failure is cut, since many runs may wait.
inline constexpr std::size_t kMaxErrorBytes = 1024;

struct TracedRun {
  task::RunTrace trace{};
  std::string id{};
  std::string name{};
  std::string broker{};
  int attempt = 1;
  // When the task was due, which begins the span of its wait in the queue. Empty: it has no such span.
  std::optional<Time> due{};
  Time started{}, ended{};
  int pid = 0;           // of the worker
  std::string cause{};   // nameOf(Cause)
  std::string status{};  // nameOf(ExitStatus)
  bool failed = false;
  std::string error{};  // of a failure: what the record says, at most kMaxErrorBytes

  std::size_t spans() const { return due ? 2 : 1; }
};

}  // namespace leptir::tracing
