// Caches the task counts of one broker for `task_count_caching_time`, because counting can be slow and many callers
// ask.
#pragma once

#include <optional>

#include "leptir/clock.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::broker {

// One thread at a time.
class CountCache {
 public:
  CountCache(Duration lifetime, const Clock& clock) : lifetime_(lifetime), clock_(&clock) {}

  // The counts of `broker`, at most `lifetime` old. Errors are not cached.
  Result<TaskCounts> countsOf(SimpleBroker& broker);

 private:
  Duration lifetime_;
  const Clock* clock_;
  std::optional<TaskCounts> counts_;
  BootTime countedAt_{};
};

}  // namespace leptir::broker
