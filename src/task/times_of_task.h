// The times that a task may have.
#pragma once

#include <cstdint>
#include <optional>

#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::task {

// Invalid: the time limit is negative, or one of the two exceeds kMaxTimeSpan.
Result<void> checkTimes(std::int64_t timeLimitSeconds, std::optional<Time> timeOfExecution);

}  // namespace leptir::task
