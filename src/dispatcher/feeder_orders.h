// What the core has asked a feeder to do and the feeder's thread has not done yet.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "dispatcher/settle_batch.h"
#include "fleet/instance_card.h"

namespace leptir::dispatcher {

// Whether a card says what an operator may be waiting for: not its counts and running tasks, which change all the time.
inline bool hasUrgentChange(const fleet::InstanceCard& before, const fleet::InstanceCard& now) {
  return before.state != now.state || before.drained != now.drained || before.workers != now.workers ||
         before.reloads != now.reloads;
}

// The main thread gives orders, the feeder's thread takes them.
class FeederOrders {
 public:
  // --- called by the main thread

  void settle(std::shared_ptr<SettleBatch> batch) {
    const std::lock_guard lock(mutex_);
    batches_.push_back(std::move(batch));
  }
  void count() {
    const std::lock_guard lock(mutex_);
    isCountRequested_ = true;
  }
  void setRunning(std::vector<LeaseId> leases) {
    const std::lock_guard lock(mutex_);
    running_ = std::move(leases);
  }

  // True: the card is to be published at once.
  bool setCard(std::shared_ptr<const fleet::InstanceCard> card) {
    const std::lock_guard lock(mutex_);
    const bool isUrgent = card_ == nullptr || hasUrgentChange(*card_, *card);
    card_ = std::move(card);
    if (isUrgent) hasUrgentCard_ = true;
    return isUrgent;
  }

  // --- called by the feeder's thread

  std::vector<std::shared_ptr<SettleBatch>> takeBatches() {
    const std::lock_guard lock(mutex_);
    return std::exchange(batches_, {});
  }
  bool takeCountRequest() {
    const std::lock_guard lock(mutex_);
    return std::exchange(isCountRequested_, false);
  }
  bool takeUrgentCard() { return hasUrgentCard_.exchange(false); }
  // The last card; null: there was none yet.
  std::shared_ptr<const fleet::InstanceCard> card() const {
    const std::lock_guard lock(mutex_);
    return card_;
  }
  // Whether there is anything to take.
  bool any() const {
    const std::lock_guard lock(mutex_);
    return isCountRequested_ || !batches_.empty();
  }
  std::vector<LeaseId> running() const {
    const std::lock_guard lock(mutex_);
    return running_;
  }
  bool anyRunning() const {
    const std::lock_guard lock(mutex_);
    return !running_.empty();
  }

 private:
  mutable std::mutex mutex_;  // guards all of the below
  std::vector<std::shared_ptr<SettleBatch>> batches_;
  bool isCountRequested_ = false;
  std::vector<LeaseId> running_;  // leases of running tasks
  std::shared_ptr<const fleet::InstanceCard> card_;
  std::atomic<bool> hasUrgentCard_{false};
};

}  // namespace leptir::dispatcher
