// How a task learns that it should end. Fires at its time limit, at a cancel, when `shutdown_grace` ends, at QUIT and
// when its lease is about to be lost; not at TERM, which lets tasks finish. Soon afterwards the task is killed, so save
// what is worth saving and return.
#pragma once

#include <memory>

namespace leptir {

// Where the request comes from. The worker implements it over its slot; tests and code outside leptir use StopSource
// (stop_source.h).
class StopState {
 public:
  virtual ~StopState() = default;
  virtual bool stopRequested() const = 0;
  virtual int descriptor() const = 0;
};

// Any thread; cheap enough to ask in a loop (one load).
class StopToken {
 public:
  // One that never fires.
  StopToken() = default;
  // `state` is shared with the one who fires.
  explicit StopToken(std::shared_ptr<const StopState> state) : state_(std::move(state)) {}

  bool stopRequested() const { return state_ && state_->stopRequested(); }
  // Readable (poll, select, epoll) once the token has fired, and from then on; do not read from it. -1: it never will.
  int descriptor() const { return state_ ? state_->descriptor() : -1; }

 private:
  std::shared_ptr<const StopState> state_;
};

}  // namespace leptir
