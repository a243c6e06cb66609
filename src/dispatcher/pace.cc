#include "dispatcher/pace.h"

#include <algorithm>

#include "link/slot.h"

namespace leptir::dispatcher {

void Pace::observe(Duration executionTime) {
  const auto micros = static_cast<double>(executionTime.count()) + kOverheadMicros;
  if (!micros_) micros_ = std::max(micros, kMinFirstMicros);
  // Reduce the maxUnendedInSlot at once when tasks turn slow; grow it gradually, over some dozens of short tasks.
  *micros_ += (micros - *micros_) * (micros > *micros_ ? 0.5 : 0.1);
}

std::size_t Pace::maxUnendedInSlot() const {
  if (!micros_) return 1;
  return static_cast<std::size_t>(std::clamp(2000.0 / *micros_, 1.0, static_cast<double>(link::kCells)));
}

}  // namespace leptir::dispatcher
