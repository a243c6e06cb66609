// What a task can ask and say while it runs. A typed task gets it as its second argument; BaseTask offers the same
// functions as members.
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

// A result stands one level below its record.
inline constexpr int kMaxResultDepth = kMaxJsonDepth - 1;

// What the one who runs the task gives it. The defaults make a task that runs in a unit test, outside any instance.
struct TaskEnvironment {
  std::string id{};
  std::string name{};
  int attempt = 1;          // 1 for the first run
  std::uint64_t fence = 0;  // see TaskContext::fence
  Duration timeLimit{};     // zero: none
  StopToken stopToken{};
  const Logger* logger = nullptr;                                            // may be none; outlives the task
  const Clock* clock = &systemClock();                                       // outlives the task
  std::function<void(double fraction, std::string_view text)> onProgress{};  // may be none
  std::function<bool(const Outcome&)> onUnfinished{};  // may be none; see TaskContext::leaveUnfinished
};

// One run of one task. Used by the thread that runs doJob; logging, stopToken, id, name and fence also by threads that
// the task starts.
class TaskContext {
 public:
  explicit TaskContext(TaskEnvironment environment = {});

  const std::string& id() const { return environment_.id; }
  const std::string& name() const { return environment_.name; }
  // Which run of this task this is, crashes and lost leases counted: at + cr + ex + 1.
  int attempt() const { return environment_.attempt; }
  // Grows with each lease of this task, so that an outside system can refuse the late effects of an earlier run
  // ("fencing token").
  std::uint64_t fence() const { return environment_.fence; }
  Duration timeLimit() const { return environment_.timeLimit; }
  const StopToken& stopToken() const { return environment_.stopToken; }
  // Since the run began.
  Duration executionTime() const;

  // Each line carries "[<id>](<name>) " in front, as in PHP leptir.
  void logError(std::string_view message) const;
  void logWarning(std::string_view message) const;
  void logInfo(std::string_view message) const;
  void logDebug(std::string_view message) const;

  // One more line of the record's `respM`.
  void addResponseLine(std::string line) { responseLines_.push_back(std::move(line)); }
  // The record's `result`. The last one counts. Throws TaskError when it nests deeper than kMaxResultDepth.
  void setResult(const Json& result);
  // The record's `flow`: a trace of the states that the task went through, which also serves its unit tests.
  void changeState(std::string state) { flow_.push_back(std::move(state)); }
  // Empty before the first changeState.
  std::string lastState() const { return flow_.empty() ? std::string() : flow_.back(); }
  const std::vector<std::string>& executionFlow() const { return flow_; }
  // Asks for another run after `delay` (negative: at once; longer than kLongestRetryDelay, ten years: after ten years).
  // That is no failure and uses up no attempt, so a task that
  // always asks runs for ever. `return retryAfter(30s, "the other side is busy");`: the answer is what doJob may
  // return. The last of retryAfter and discard counts; a run that throws is a failure all the same.
  ExitStatus retryAfter(Duration delay, std::string reason = {});
  // Ends this task for good, whatever attempts are left: the record says `discarded`, and why.
  // `return discard("the account is gone");`
  ExitStatus discard(std::string reason);

  // How far it is, 0 to 1 (others are clamped), and a few words. Shown by `status`; cheap, so call it as often as you
  // like.
  void progress(double fraction, std::string_view text = {}) const;

  // The record's `stderr`: for tasks that run programs. The last one counts.
  void setStderrTail(std::string tail) { stderrTail_ = std::move(tail); }

  // What the record is to say should this run be killed before it ends: response, stderr and whatever else `unfinished`
  // has. For tasks that run programs, while a stop is requested. The last one counts, and the end of the run counts
  // more. False: there is no room for it just now, or nobody who would keep it.
  bool leaveUnfinished(const Outcome& unfinished) const;

  const std::vector<std::string>& responseLines() const { return responseLines_; }
  const std::string& result() const { return result_; }
  const std::string& stderrTail() const { return stderrTail_; }
  const std::optional<Duration>& wantsRetryAfter() const { return retryAfter_; }
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
