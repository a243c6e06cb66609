// For tests: the wall clock of a program, which a test moves. The page lies in a file that LEPTIR_SHIFTED_TIME names;
// the preloaded library shifted_clock.cc reads it.
#pragma once

#include <atomic>
#include <cstdint>

namespace leptir {

struct ShiftedTime {
  std::atomic<std::int64_t> offset{0};    // microseconds that are added to the machine's time
  std::atomic<std::int64_t> standsAt{0};  // Unix microseconds at which the clock stands; 0: it runs
};

constexpr char kShiftedTimeVariable[] = "LEPTIR_SHIFTED_TIME";

}  // namespace leptir
