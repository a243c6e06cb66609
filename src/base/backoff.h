// The waiting times between retries: exponential backoff with jitter. The jitter spreads out clients that failed at the
// same moment: if they all retried at the same moment, they would overload a store that comes back.
#pragma once

#include <cstdint>
#include <random>

#include "leptir/clock.h"

namespace leptir::base {

// The nominal delay doubles from `first` to `longest`. Each call of next() draws uniformly between half of the nominal
// delay and all of it.
class Backoff {
 public:
  Backoff(Duration first, Duration longest, std::uint64_t seed) : first_(first), longest_(longest), random_(seed) {}

  Duration next();
  void reset() { failures_ = 0; }
  int failures() const { return failures_; }

 private:
  Duration first_;
  Duration longest_;
  int failures_ = 0;
  std::mt19937_64 random_;
};

}  // namespace leptir::base
