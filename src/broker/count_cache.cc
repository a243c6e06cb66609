#include "broker/count_cache.h"

namespace leptir::broker {

Result<TaskCounts> CountCache::countsOf(SimpleBroker& broker) {
  const auto now = clock_->bootTime();
  if (counts_ && now - countedAt_ < lifetime_) return *counts_;
  auto counts = broker.tasksCount();
  if (!counts) return counts;
  counts_ = *counts;
  countedAt_ = now;
  return counts;
}

}  // namespace leptir::broker
