#include "task/times_of_task.h"

#include <fmt/format.h>

#include "leptir/spi/broker_task.h"

namespace leptir::task {

Result<void> checkTimes(std::int64_t timeLimitSeconds, std::optional<Time> timeOfExecution) {
  if (timeLimitSeconds < 0)
    return Error(ErrorCode::Invalid,
                 fmt::format("the time limit of {} s is negative: give 0 (the instance's task_execution_time) or more",
                             timeLimitSeconds));
  if (timeLimitSeconds > kMaxTimeSpan.count())
    return Error(ErrorCode::Invalid,
                 fmt::format("the time limit of {} s is longer than {} s", timeLimitSeconds, kMaxTimeSpan.count()));
  if (timeOfExecution && isBeyondMaxTimeSpan(*timeOfExecution))
    return Error(ErrorCode::Invalid,
                 fmt::format("the time of execution is more than {} s away from 1970", kMaxTimeSpan.count()));
  return {};
}

}  // namespace leptir::task
