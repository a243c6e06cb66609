// StopToken: tells a running task to end. It fires at the task's time limit, at a cancel request, at the end of
// `shutdown_grace`, when the instance gets the signal QUIT, and when the lease is about to be lost; not at TERM, which
// lets running tasks finish. Soon after it fires leptir kills the task, so the task should save its progress and
// return.
#pragma once

#include <memory>

namespace leptir {

// The state that a StopToken reads. In a worker it lies in the worker's slot; tests and code outside leptir use
// StopSource (stop_source.h).
class StopState {
 public:
  virtual ~StopState() = default;
  virtual bool stopRequested() const = 0;
  virtual int descriptor() const = 0;
};

// Any thread may use it. A check costs one load from memory, so a task can check it in a loop.
class StopToken {
 public:
  // Makes a token that never fires.
  StopToken() = default;
  // `state` is shared with the code that requests the stop.
  explicit StopToken(std::shared_ptr<const StopState> state) : state_(std::move(state)) {}

  bool stopRequested() const { return state_ && state_->stopRequested(); }
  // A descriptor for poll, select or epoll: readable once the token has fired, and for ever after. Do not read from it.
  // -1: the token never fires.
  int descriptor() const { return state_ ? state_->descriptor() : -1; }

 private:
  std::shared_ptr<const StopState> state_;
};

}  // namespace leptir
