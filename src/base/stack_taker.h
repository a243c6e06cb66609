// Has the stack of a worker taken by a process of its own, a program of leptir that is called with the word
// kTakeStackWord: reading debug information takes long and may crash, and the caller may have threads.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/unique_fd.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::base {

// `<program> take-stack <pid of the worker> <id of the task>` prints the stack as one line of JSON
// (docs/wire-format.md), or exits with another status and prints why.
inline constexpr char kTakeStackWord[] = "take-stack";

class StackTaker {
 public:
  // `program`: a program of leptir, for example /proc/self/exe. Unavailable: it cannot be started.
  static Result<StackTaker> start(const std::string& program, int worker, const std::string& taskId);
  ~StackTaker();
  StackTaker(StackTaker&& other) noexcept;
  StackTaker& operator=(StackTaker&&) = delete;

  // What the process has printed; none: it still works. Does not wait. Unavailable: it failed; the message is its own.
  // TimedOut: it was killed, since it took more than ten seconds.
  std::optional<Result<std::string>> poll();
  // The same, but waits until it has ended.
  Result<std::string> wait();

 private:
  StackTaker(pid_t child, UniqueFd output, BootTime until) : child_(child), output_(std::move(output)), until_(until) {}
  void readOutput();
  void kill();

  pid_t child_;  // 0: it was reaped
  UniqueFd output_;
  BootTime until_;
  std::string text_{};
  bool hasTimedOut_ = false;
};

}  // namespace leptir::base
