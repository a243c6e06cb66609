// How many more tasks a feeder may lease: the core sets the lease credit, deliveries use it up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>

namespace leptir::dispatcher {

class LeaseCreditAccount {
 public:
  // Called by the main thread: `tasks` more than the first `knownDeliveredTasks`, which the core knows of. Returns
  // whether the feeder's thread found no credit and is to be woken.
  bool set(std::size_t tasks, std::uint64_t knownDeliveredTasks) {
    const std::lock_guard lock(mutex_);
    credit_ = tasks;
    knownDeliveredTasks_ = knownDeliveredTasks;
    if (!isCreditAwaited_ || remaining() == 0) return false;
    isCreditAwaited_ = false;
    return true;
  }

  // Called by the feeder's thread. If no credit is left, the next set() that gives some returns true.
  std::size_t remainingOrAwait() {
    const std::lock_guard lock(mutex_);
    const auto credit = remaining();
    isCreditAwaited_ = credit == 0;
    return credit;
  }

  // Called by the feeder's thread.
  void noteDelivered(std::size_t tasks) {
    const std::lock_guard lock(mutex_);
    delivered_ += tasks;
  }

 private:
  std::size_t remaining() const {
    const auto unknown = static_cast<std::size_t>(delivered_ - knownDeliveredTasks_);
    return unknown < credit_ ? credit_ - unknown : 0;
  }

  std::mutex mutex_;  // guards all of the below
  std::size_t credit_ = 0;
  std::uint64_t knownDeliveredTasks_ = 0;
  std::uint64_t delivered_ = 0;  // tasks since the start
  bool isCreditAwaited_ = false;
};

}  // namespace leptir::dispatcher
