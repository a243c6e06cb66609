// TaskContext: what a task can read and report while it runs. A typed task gets it as its second argument; BaseTask has
// the same functions as members.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/logger.h"
#include "leptir/outcome.h"
#include "leptir/stop_token.h"

namespace leptir {

// The largest nesting depth of a result, which is nested one level inside its record.
inline constexpr int kMaxResultDepth = kMaxJsonDepth - 1;

// The values that the caller who runs a task gives to its TaskContext. The defaults suit a unit test, which runs a task
// outside any instance.
struct TaskEnvironment {
  std::string id{};
  std::string name{};
  int attempt = 1;          // 1 for the first run
  std::uint64_t fence = 0;  // see TaskContext::fence
  Duration timeLimit{};     // zero: none
  StopToken stopToken{};
  const Logger* logger = nullptr;                                            // may be null; must outlive the task
  const Clock* clock = &systemClock();                                       // must outlive the task
  std::function<void(double fraction, std::string_view text)> onProgress{};  // may be empty
  std::function<bool(const Outcome&)> onUnfinished{};  // may be empty; see TaskContext::saveUnfinishedOutcome
};

// One run of one task. The thread that runs doJob uses it; threads that the task starts may use the log functions,
// stopToken, id, name and fence.
class TaskContext {
 public:
  explicit TaskContext(TaskEnvironment environment = {});

  const std::string& id() const { return environment_.id; }
  const std::string& name() const { return environment_.name; }
  // The number of this run, 1 for the first: failures + crashes + expiries (see Counters) + 1.
  int attempt() const { return environment_.attempt; }
  // The fencing token: a number that is larger at each lease of this task, so that an external system can reject late
  // writes of an earlier run.
  std::uint64_t fence() const { return environment_.fence; }
  Duration timeLimit() const { return environment_.timeLimit; }
  const StopToken& stopToken() const { return environment_.stopToken; }
  // The time since the run began.
  Duration executionTime() const;

  // Write a line to the log, with "[<id>](<name>) " in front, as in PHP leptir.
  void logError(std::string_view message) const;
  void logWarning(std::string_view message) const;
  void logInfo(std::string_view message) const;
  void logDebug(std::string_view message) const;

  // Adds a line to `respM` of the record.
  void addResponseLine(std::string line) { responseLines_.push_back(std::move(line)); }
  // Sets `result` of the record; a later call replaces it. Throws TaskError when it nests deeper than kMaxResultDepth.
  void setResult(const Json& result);
  // Adds a state to `flow` of the record, the list of states that the task went through; unit tests can check it.
  void changeState(std::string state) { flow_.push_back(std::move(state)); }
  // The state that changeState set last; empty before its first call.
  std::string lastState() const { return flow_.empty() ? std::string() : flow_.back(); }
  const std::vector<std::string>& executionFlow() const { return flow_; }
  // Requests another run after `delay`, which is limited to the range from zero to kLongestRetryDelay. This run then
  // counts neither as a failure nor as an attempt, so a task that always requests another run never ends. doJob can
  // return its result: `return retryAfter(30s, "the other side is busy");`. The last call of retryAfter or discard
  // takes effect; a run that throws is a failure nevertheless.
  ExitStatus retryAfter(Duration delay, std::string reason = {});
  // Requests that this task never runs again, even if it has attempts left. The record's cause is `discarded`, and its
  // response has the reason. doJob can return its result: `return discard("the account is gone");`.
  ExitStatus discard(std::string reason);

  // Reports the progress, a fraction from 0 to 1 (other values are clamped) and a short text. The command `status`
  // shows it. Calls are cheap, so a task may report often.
  void progress(double fraction, std::string_view text = {}) const;

  // Sets `stderr` of the record, for tasks that run a program; a later call replaces it.
  void setStderrTail(std::string tail) { stderrTail_ = std::move(tail); }

  // Stores a provisional outcome (response, stderr, …) for the record, in case this run is killed before it ends: for
  // tasks that run a program, once a stop is requested. A later call replaces it, and so does the end of the run.
  // False: it was not stored, since there is no memory for it at the moment or the task runs outside an instance.
  bool saveUnfinishedOutcome(const Outcome& unfinished) const;

  const std::vector<std::string>& responseLines() const { return responseLines_; }
  const std::string& result() const { return result_; }
  const std::string& stderrTail() const { return stderrTail_; }
  const std::optional<Duration>& requestedRetryDelay() const { return retryAfter_; }
  bool isDiscarded() const { return discarded_; }

 private:
  void log(LogLevel level, std::string_view message) const;

  TaskEnvironment environment_;
  BootTime started_;
  std::vector<std::string> responseLines_;
  std::vector<std::string> flow_;
  std::string result_;
  std::string stderrTail_;
  std::optional<Duration> retryAfter_;
  bool discarded_ = false;
};

}  // namespace leptir
