#include "worker/worker_lifetime.h"

#include "worker/resource_limits.h"

namespace leptir::worker {
namespace {

// Reading the resident memory takes some microseconds, too long for after every short task.
constexpr Duration kMemoryCheckInterval = std::chrono::milliseconds(100);

}  // namespace

bool WorkerLifetime::isOverAfter(Duration executionTime, const Clock& clock) {
  if (maxTasks_ && ++tasks_ >= *maxTasks_) return true;
  if (!maxMemory_) return false;
  const auto now = clock.bootTime();
  if (executionTime < kMemoryCheckInterval && now - memoryReadAt_ < kMemoryCheckInterval) return false;
  memoryReadAt_ = now;
  return residentBytes() > *maxMemory_;
}

}  // namespace leptir::worker
