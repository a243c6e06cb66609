// How long a task waits after a failure or a crash until it is due again. The numbers stand in docs/promises.md.
#pragma once

#include <cstdint>
#include <optional>

#include "leptir/clock.h"

namespace leptir::settlement {

inline constexpr Duration kDefaultRetryDelay = std::chrono::seconds(5);
inline constexpr std::uint32_t kMaxCrashes = 3;

// The n-th retry (n from 1) of a failed task waits `first` (5 s unless its name has another) × 2ⁿ⁻¹, at most an hour;
// `jitter` in [0, 1) takes away up to a quarter, so that tasks that failed together are not all retried together.
Duration delayAfterFailure(std::uint32_t failures, double jitter, Duration first = kDefaultRetryDelay);
// Zero after the first crash of a task's worker, 5 s after the second; empty after the third: the task is buried.
std::optional<Duration> delayAfterCrash(std::uint32_t crashes);

}  // namespace leptir::settlement
