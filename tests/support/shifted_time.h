// For tests: the wall clock of one program, moved by a test. The page lies in a file that LEPTIR_SHIFTED_TIME names;
// shifted_clock.cc, loaded before the system's library, answers from it.
#pragma once

#include <atomic>
#include <cstdint>

namespace leptir {

struct ShiftedTime {
  std::atomic<std::int64_t> offset{0};    // microseconds that are added to the machine's time
  std::atomic<std::int64_t> standsAt{0};  // unless 0: time stands there, Unix microseconds
};

constexpr char kShiftedTimeVariable[] = "LEPTIR_SHIFTED_TIME";

}  // namespace leptir
