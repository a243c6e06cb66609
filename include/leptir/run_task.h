// runTask: runs a task in the calling process, as a worker does but without an instance. For unit tests of tasks:
//
//   leptir::TaskRegistry tasks;
//   tasks.add<Resize>("resize", resize);
//   const auto outcome = leptir::runTask(tasks, "resize", {{"source", "a.png"}});
//   EXPECT_EQ(outcome.status, leptir::ExitStatus::Success) << outcome.response;
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/outcome.h"
#include "leptir/stop_token.h"

namespace leptir {

class Logger;        // logger.h
class TaskRegistry;  // task_registry.h

// What the task finds in its TaskContext. Every field is optional.
struct RunOptions {
  std::string id{};
  int attempt = 1;                      // 1 for the first run
  std::uint64_t fence = 0;              // see TaskContext::fence
  Duration timeLimit{};                 // only shown to the task, not enforced; zero: none
  std::string traceparent{};            // see TaskContext::traceparent
  StopToken stopToken{};                // StopSource (stop_source.h) makes and fires one
  const Logger* logger = nullptr;       // null: the log lines are dropped
  const Clock* clock = &systemClock();  // ManualClock (clock.h) is for tests
  std::function<void(double fraction, std::string_view text)> onProgress{};  // gets each call of progress; may be empty
};

// Runs the task `name` with beforeStart, doJob and afterFinish, and returns its outcome. Exceptions of the task become
// part of the outcome; a crash of the task ends this process.
Outcome runTask(const TaskRegistry& tasks, std::string_view name, const Json& parameters = Json::object(),
                const RunOptions& options = {});

}  // namespace leptir
