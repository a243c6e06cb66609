// Remembers that a service asked for a pause, and how many reports could not be sent since the last that was.
#pragma once

#include <algorithm>
#include <optional>

#include "leptir/clock.h"

namespace leptir::http {

// One thread uses it.
class RateLimit {
 public:
  explicit RateLimit(const Clock& clock) : clock_(clock) {}

  // From now on nothing is to be sent for `pause`. Of several pauses the one that ends last counts.
  void extend(Duration pause) { until_ = std::max(until_, clock_.bootTime() + pause); }
  // None: reports may be sent.
  std::optional<Duration> remaining() const {
    const auto left = until_ - clock_.bootTime();
    return left > Duration::zero() ? std::optional(left) : std::nullopt;
  }

 private:
  const Clock& clock_;
  BootTime until_{};
};

}  // namespace leptir::http
