#include "folder_broker.h"

#include <algorithm>

namespace folder {
namespace {

// How often a waiting session looks into the folder. A dispatcher does not let it wait but asks by itself, each
// empty_queue_sleep_time, since a push by another process wakes no waiter of this store (BrokerTraits::wakesWaiters).
constexpr Duration kBetweenLooks = std::chrono::milliseconds(50);

class FolderSession final : public leptir::BrokerSession {
 public:
  FolderSession(std::shared_ptr<FolderQueue> queue, SessionId id) : queue_(std::move(queue)), id_(std::move(id)) {}

  Result<std::vector<LeasedTask>> popBrokerTasks(std::size_t limit, Duration longest, leptir::Wake& wake) override {
    const auto end = leptir::systemClock().bootTime() + longest;
    for (;;) {
      auto leased = queue_->lease(id_, limit, leftToOthers_);
      const auto left = end - leptir::systemClock().bootTime();
      if (!leased || !leased->empty() || limit == 0 || left <= Duration::zero()) return leased;
      if (wake.waitFor(std::min(left, kBetweenLooks))) return leased;
    }
  }
  Result<Renewal> renew(std::span<const LeaseId> held, Duration lease) override {
    return queue_->renew(id_, held, lease);
  }
  Result<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases) override {
    return queue_->acknowledge(id_, leases);
  }
  Result<std::vector<LeaseId>> release(std::span<const TaskRelease> tasks) override;
  Result<void> leaseAgain(std::span<const LeaseId> released) override {
    for (const auto& lease : released) leftToOthers_.erase(lease.handle);
    return {};
  }
  Result<std::vector<LeaseId>> bury(std::span<const TaskBurial> tasks) override { return queue_->bury(id_, tasks); }
  Result<std::vector<LeasedTask>> heldTasks() override { return queue_->heldTasks(id_); }
  Result<void> close() override { return queue_->closeSession(id_); }

 private:
  std::shared_ptr<FolderQueue> queue_;
  const SessionId id_;
  std::map<std::string, Time> leftToOthers_;  // by id: until when this session does not lease the task
};

Result<std::vector<LeaseId>> FolderSession::release(std::span<const TaskRelease> tasks) {
  const auto now = leptir::systemClock().now();
  std::erase_if(leftToOthers_, [now](const auto& left) { return left.second <= now; });
  std::vector<TaskRelease> released(tasks.begin(), tasks.end());
  for (auto& task : released) {
    if (!task.leftToOthersUntil) continue;
    if (leftToOthers_.size() < leptir::kMaxTasksLeftToOthers) {
      leftToOthers_[task.lease.handle] = *task.leftToOthersUntil;
    } else {
      task.due = task.leftToOthersUntil;
    }
  }
  return queue_->release(id_, released);
}

}  // namespace

Result<std::unique_ptr<leptir::BrokerSession>> FolderBroker::openSession(const SessionId& session,
                                                                         const SessionInfo& info, Duration lease) {
  if (auto opened = queue_->openSession(session, info, lease); !opened) return opened.error();
  ownInstances_.insert(session.instance);
  return std::make_unique<FolderSession>(queue_, session);
}

Result<std::unique_ptr<leptir::BrokerSession>> FolderBroker::resumeSession(const SessionId& session) {
  if (auto open = queue_->checkSession(session); !open) return open.error();
  ownInstances_.insert(session.instance);
  return std::make_unique<FolderSession>(queue_, session);
}

leptir::BrokerTraits FolderBroker::traitsOfAll() {
  return {.pushesAtomically = false,
          .wakesWaiters = false,
          .everyPushWakes = false,
          .cancel = leptir::BrokerTraits::CancelLatency::AtRenewal,
          .durability = "each task is a file that is synced: pushed tasks survive a power cut"};
}

}  // namespace folder
