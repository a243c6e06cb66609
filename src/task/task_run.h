// TaskRun: what stands behind a TaskContext, for the code that runs a task.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/logger.h"
#include "leptir/outcome.h"
#include "leptir/stop_token.h"
#include "leptir/task_context.h"

namespace leptir::task {

struct TaskRun;

// What the caller of a run gives to it.
struct TaskEnvironment {
  std::string id{};
  std::string name{};
  int attempt = 1;            // 1 for the first run
  std::uint64_t fence = 0;    // see TaskContext::fence
  Duration timeLimit{};       // zero: none
  std::string traceparent{};  // see TaskContext::traceparent
  StopToken stopToken{};
  const Logger* logger = nullptr;                                            // may be null; must outlive the run
  const Clock* clock = &systemClock();                                       // must outlive the run
  std::function<void(double fraction, std::string_view text)> onProgress{};  // may be empty
  std::function<bool(const Outcome&)> onProvisionalOutcome{};                // may be empty; see saveProvisionalOutcome
  // May be empty: gets each message that the task logs and each line of a program's stderr, from any thread of the
  // task, whatever levels the logger takes.
  std::function<void(LogLevel level, std::string_view message)> onLoggedLine{};
  // For tests of tasks, and may be empty: gets what the task has reported, after its last step.
  std::function<void(const TaskRun&)> onEnd{};
  std::function<void()> onProgramStart{};  // may be empty; see notifyProgramStart
};

// One run of one task: its environment, and what the task has reported.
struct TaskRun {
  explicit TaskRun(TaskEnvironment given);

  // The context of a run that begins now; it owns the run.
  static TaskContext begin(TaskEnvironment environment);
  // The run of a context. The reference stays valid when the context is moved.
  static TaskRun& of(TaskContext& context) { return *context.run_; }

  // The time since the run began.
  Duration executionTime() const { return environment.clock->bootTime() - started; }
  // Writes a line about this task to the log.
  void log(LogLevel level, std::string_view message) const;
  // The same for a message of the task itself, which also becomes part of the run's log.
  void logFromTask(LogLevel level, std::string_view message) const;
  // Adds a message to the run's log, and not to that of the instance.
  void addToTaskLog(LogLevel level, std::string_view message) const;
  // Stores a provisional outcome (response, stderr, …) for the record, in case this run is killed before it ends: for
  // tasks that run a program, once a stop is requested. A later call replaces it, and so does the end of the run.
  // False: it was not stored, since there is no memory for it at the moment or the task runs outside an instance.
  bool saveProvisionalOutcome(const Outcome& unfinished) const;
  // Says that this run only waits for a program: the stack of this process tells nothing about the task.
  void notifyProgramStart() const;

  TaskEnvironment environment;
  BootTime started;
  std::vector<std::string> responseLines{};
  std::vector<std::string> flow{};
  std::string result{};      // JSON text
  std::string stderrTail{};  // of a program: the end of its stderr
  std::optional<Duration> retryAfter{};
  bool isDiscarded = false;
};

}  // namespace leptir::task
