#include "testing/run_stop.h"

namespace leptir::testing {

bool RunStop::stopRequested() const {
  const std::lock_guard lock(mutex_);
  return check() != link::StopReason::None;
}

link::StopReason RunStop::end() {
  const std::lock_guard lock(mutex_);
  const auto reason = check();
  hasEnded_ = true;
  return reason;
}

link::StopReason RunStop::check() const {
  if (hasEnded_ || reason_ != link::StopReason::None) return reason_;
  if (deadline_ && clock_.bootTime() >= *deadline_) {
    reason_ = link::StopReason::TimeLimit;
  } else if (isCancelled_()) {
    reason_ = link::StopReason::Cancel;
  }
  if (reason_ != link::StopReason::None) source_.requestStop();
  return reason_;
}

}  // namespace leptir::testing
