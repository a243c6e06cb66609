// How long to wait before trying again. Jitter keeps a crowd that failed together from coming back together (faults
// R41).
#pragma once

#include <cstdint>
#include <random>

#include "leptir/clock.h"

namespace leptir {

// Doubles from `first` to `longest`; each answer is drawn between half and all of that.
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

}  // namespace leptir
