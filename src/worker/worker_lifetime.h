// WorkerLifetime: when a worker has run enough tasks, or has grown too large, and a fresh one takes over.
#pragma once

#include <cstdint>
#include <optional>

#include "leptir/clock.h"
#include "worker/worker.h"

namespace leptir::worker {

class WorkerLifetime {
 public:
  explicit WorkerLifetime(const WorkerOptions& options) : maxTasks_(options.maxTasks), maxMemory_(options.maxMemory) {}

  // After each task: whether it was the last one of this worker.
  bool isOverAfter(Duration executionTime, const Clock& clock);

 private:
  const std::optional<std::uint64_t> maxTasks_;
  const std::optional<std::uint64_t> maxMemory_;  // bytes
  std::uint64_t tasks_ = 0;
  BootTime memoryReadAt_{};
};

}  // namespace leptir::worker
