#include "backends/memory/memory_broker.h"

#include <algorithm>

namespace leptir::memory {
namespace {

class MemorySession final : public BrokerSession {
 public:
  MemorySession(std::shared_ptr<MemoryQueue> queue, MemoryQueue::SessionNumber number)
      : queue_(std::move(queue)), number_(number) {
    queue_->addBell(bell_);
  }
  ~MemorySession() override { queue_->removeBell(bell_); }

  Result<std::vector<LeasedTask>> popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) override {
    bell_.clear();  // before leasing: a task that is pushed after the attempt rings again
    auto leased = queue_->lease(number_, limit);
    if (!leased || !leased->empty() || limit == 0) return leased;
    if (wake.waitFor(queue_->untilNextDue(number_, longest), bell_.descriptor())) return leased;
    return queue_->lease(number_, limit);
  }

  Result<Renewal> renew(std::span<const LeaseId> held, Duration lease) override {
    return queue_->renew(number_, held, lease);
  }
  Result<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases) override {
    return queue_->acknowledge(number_, leases);
  }
  Result<std::vector<LeaseId>> release(std::span<const TaskRelease> tasks) override {
    return queue_->release(number_, tasks);
  }
  Result<void> leaseAgain(std::span<const LeaseId> released) override { return queue_->leaseAgain(number_, released); }
  Result<std::vector<LeaseId>> bury(std::span<const TaskBurial> tasks) override { return queue_->bury(number_, tasks); }
  Result<std::vector<LeasedTask>> heldTasks() override { return queue_->held(number_); }
  Result<void> close() override { return queue_->close(number_); }

 private:
  std::shared_ptr<MemoryQueue> queue_;
  MemoryQueue::SessionNumber number_;
  Wake bell_;
};

}  // namespace

Result<std::unique_ptr<BrokerSession>> MemoryBroker::openSession(const SessionId& session, const SessionInfo& info,
                                                                 Duration lease) {
  const auto number = queue_->open(session, info, lease);
  if (!number) return number.error();
  ownInstances_.insert(session.instance);
  return std::make_unique<MemorySession>(queue_, *number);
}

Result<std::unique_ptr<BrokerSession>> MemoryBroker::resumeSession(const SessionId& session) {
  const auto number = queue_->resume(session);
  if (!number) return number.error();
  ownInstances_.insert(session.instance);
  return std::make_unique<MemorySession>(queue_, *number);
}

BrokerTraits MemoryBroker::traits() const {
  BrokerTraits traits;
  traits.listsTasks = true;
  traits.listsLatestFirst = true;
  traits.reschedules = true;
  traits.keepsFleet = true;
  traits.cancel = BrokerTraits::CancelLatency::AtRenewal;
  traits.durability = "none: everything ends with the process";
  return traits;
}

}  // namespace leptir::memory
