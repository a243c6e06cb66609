// The time of the service, as far as it is known.
#pragma once

#include <string>

#include "leptir/clock.h"

namespace leptir::aws {

class ServiceClock {
 public:
  explicit ServiceClock(const Clock& clock) : clock_(clock) {}

  Time now() const { return clock_.now() + skew_; }
  // Takes over the time of a header `Date`, if it differs from now() by so much that the service refuses signatures (5
  // minutes; a margin is subtracted). Returns whether it differs so much from `used`, the time of the refused
  // signature.
  bool correct(const std::string& date, Time used);

 private:
  const Clock& clock_;
  Duration skew_{};  // the service's time minus this machine's
};

}  // namespace leptir::aws
