// How many tasks of a name begin in a second, measured over half seconds.
#pragma once

#include <cstddef>

#include "leptir/clock.h"

namespace leptir::dispatcher {

// Used by one thread at a time.
class StartRate {
 public:
  void noteStart() { ++started_; }
  // Called often. Ends the half second, if it is over.
  void note(BootTime now) {
    const auto elapsed = now - since_;
    if (elapsed < std::chrono::milliseconds(500)) return;
    perSecond_ = static_cast<double>(started_) / std::chrono::duration<double>(elapsed).count();
    started_ = 0;
    since_ = now;
  }
  // How many begin within this time, as far as is known.
  std::size_t within(Duration time) const {
    return static_cast<std::size_t>(perSecond_ * std::chrono::duration<double>(time).count());
  }

 private:
  BootTime since_{};
  std::size_t started_ = 0;
  double perSecond_ = 0;
};

}  // namespace leptir::dispatcher
