// TaskContext: what a task can read and report while it runs. A typed task gets it as its second argument; BaseTask has
// the same functions as members.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/outcome.h"
#include "leptir/stop_token.h"

namespace leptir::task {
struct TaskRun;
}

namespace leptir {

// The largest nesting depth of a result, which is nested one level inside its record.
inline constexpr int kMaxResultDepth = kMaxJsonDepth - 1;

// One run of one task. The thread that runs doJob uses it; threads that the task starts may use the log functions,
// stopToken, id, name, fence and traceparent.
class TaskContext {
 public:
  // The context of a run outside any instance, for unit tests that call a task's function. runTask (run_task.h) runs
  // whole tasks.
  TaskContext();
  ~TaskContext();
  TaskContext(TaskContext&&) noexcept;
  TaskContext& operator=(TaskContext&&) noexcept;

  const std::string& id() const;
  const std::string& name() const;
  // The number of this run, 1 for the first: failures + crashes + expiries (see Counters) + 1.
  int attempt() const;
  // The fencing token: a number that is larger at each lease of this task, so that an external system can reject late
  // writes of an earlier run.
  std::uint64_t fence() const;
  Duration timeLimit() const;  // zero: none
  // The span to hand on to what this run calls or pushes (PushOptions::traceparent, a header `traceparent`), as W3C
  // Trace Context writes it: the span of this run where the instance makes spans of the task, otherwise the one that
  // was given at the push. Empty: there is none.
  const std::string& traceparent() const;
  const StopToken& stopToken() const;
  // The time since the run began.
  Duration executionTime() const;

  // Write a line to the log, with "[<id>](<name>) " in front, as in PHP leptir. The lines are also kept with the task's
  // record, the first 16 KiB and the last 48 KiB of a run, for `leptir logs`; those for debugging only where a logger
  // takes them.
  void logError(std::string_view message) const;
  void logWarning(std::string_view message) const;
  void logInfo(std::string_view message) const;
  void logDebug(std::string_view message) const;

  // Adds a line to `respM` of the record.
  void addResponseLine(std::string line);
  // Sets `result` of the record; a later call replaces it. Throws TaskError when it nests deeper than kMaxResultDepth.
  void setResult(const Json& result);
  // Adds a state to `flow` of the record, the list of states that the task went through; unit tests can check it.
  void changeState(std::string state);
  // The state that changeState set last; empty before its first call.
  std::string lastState() const;
  const std::vector<std::string>& executionFlow() const;
  // Requests another run after `delay`, which is limited to the range from zero to kMaxRetryDelay. This run then
  // counts neither as a failure nor as an attempt, so a task that always requests another run never ends. doJob can
  // return its result: `return retryAfter(30s, "the other side is busy");`. The last call of retryAfter or discard
  // takes effect; a run that throws is a failure nevertheless.
  ExitStatus retryAfter(Duration delay, std::string reason = {});
  // Requests that this task leaves its queue and never runs again, even if it has attempts left; it is not buried. The
  // record's cause is `discarded`, and its response has the reason. doJob can return its result: `return discard("the
  // account is gone");`.
  ExitStatus discard(std::string reason);

  // Reports the progress, a fraction from 0 to 1 (other values are clamped) and a short text. The command `status`
  // shows it. Calls are cheap, so a task may report often.
  void progress(double fraction, std::string_view text = {}) const;

  // What the task has reported so far, for unit tests.
  const std::vector<std::string>& responseLines() const;
  const std::string& result() const;  // JSON text; empty: none
  const std::optional<Duration>& requestedRetryDelay() const;
  bool isDiscarded() const;

 private:
  friend struct task::TaskRun;  // what leptir's own code reads and sets beyond these functions
  explicit TaskContext(std::unique_ptr<task::TaskRun> run);

  std::unique_ptr<task::TaskRun> run_;
};

}  // namespace leptir
