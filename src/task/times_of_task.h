// The times that a task may have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::task {

// Invalid: the time limit is negative, one of the three exceeds kMaxTimeSpan, or the task could never run since it
// expires before its time of execution, or at that time.
Result<void> checkTimes(std::int64_t timeLimitSeconds, std::optional<Time> timeOfExecution,
                        std::optional<Time> expires = {});

// The response of a task that did not begin before it expired.
std::string expiryResponse(Time expires);

}  // namespace leptir::task
