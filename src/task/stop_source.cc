#include "leptir/stop_source.h"

#include <atomic>

#include "leptir/spi/wake.h"

namespace leptir {

class StopSource::State final : public StopState {
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

StopSource::StopSource() : state_(std::make_shared<State>()) {}

StopToken StopSource::token() const {
  return StopToken(state_);
}

void StopSource::requestStop() {
  state_->fire();
}

}  // namespace leptir
