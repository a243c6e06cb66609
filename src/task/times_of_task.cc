#include "task/times_of_task.h"

#include <fmt/format.h>

#include "base/time_text.h"
#include "leptir/spi/broker_task.h"

namespace leptir::task {

Result<void> checkTimes(std::int64_t timeLimitSeconds, std::optional<Time> timeOfExecution,
                        std::optional<Time> expires) {
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
  if (expires && isBeyondMaxTimeSpan(*expires))
    return Error(ErrorCode::Invalid, fmt::format("`expires` is more than {} s away from 1970", kMaxTimeSpan.count()));
  if (expires && timeOfExecution && *expires <= *timeOfExecution)
    return Error(ErrorCode::Invalid,
                 fmt::format("it would never run: it expires at {}, and its time of execution is {}; give an `expires` "
                             "that is later than the time of execution",
                             base::timeText(*expires), base::timeText(*timeOfExecution)));
  return {};
}

std::string expiryResponse(Time expires) {
  return fmt::format("Not begun before {}: it expired.", base::timeText(expires));
}

}  // namespace leptir::task
