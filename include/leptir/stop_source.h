// Fires a stop token by hand: for unit tests of tasks, and for code that runs a task outside any instance.
#pragma once

#include <atomic>
#include <memory>

#include "leptir/stop_token.h"
#include "leptir/wake.h"

namespace leptir {

class StopSource {
 public:
  // std::system_error (thrown): no descriptor is left.
  StopSource() : state_(std::make_shared<State>()) {}

  // All tokens are of the same stop, and may outlive the source.
  StopToken token() const { return StopToken(state_); }
  // Any thread. For good: a token that fired stays so.
  void requestStop() { state_->fire(); }

 private:
  class State final : public StopState {
   public:
    bool stopRequested() const override { return requested_; }
    int descriptor() const override { return bell_.descriptor(); }
    void fire() {
      requested_ = true;
      bell_.ring();
    }

   private:
    std::atomic<bool> requested_{false};
    Wake bell_;
  };

  std::shared_ptr<State> state_;
};

}  // namespace leptir
