// StopSource: makes stop tokens and fires them, in unit tests of tasks and in code that runs a task outside an
// instance.
#pragma once

#include <atomic>
#include <memory>

#include "leptir/spi/wake.h"
#include "leptir/stop_token.h"

namespace leptir {

class StopSource {
 public:
  // Throws std::system_error when the process can open no more descriptors.
  StopSource() : state_(std::make_shared<State>()) {}

  // All tokens of this source fire together. They may outlive the source.
  StopToken token() const { return StopToken(state_); }
  // Fires the tokens, which cannot be undone. Any thread may call it.
  void requestStop() { state_->fire(); }

 private:
  class State final : public StopState {
   public:
    bool stopRequested() const override { return requested_; }
    int descriptor() const override { return wake_.descriptor(); }
    void fire() {
      requested_ = true;
      wake_.ring();
    }

   private:
    std::atomic<bool> requested_{false};
    Wake wake_;
  };

  std::shared_ptr<State> state_;
};

}  // namespace leptir
