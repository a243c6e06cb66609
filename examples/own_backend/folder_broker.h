// What leptir asks of a queue, answered by a FolderQueue.
#pragma once

#include <memory>

#include "folder_queue.h"

namespace folder {

class FolderKeeper final : public leptir::TaskKeeper {
 public:
  explicit FolderKeeper(FolderQueue& queue) : queue_(queue) {}

  Result<FoundTask> find(std::string_view id) override { return queue_.find(id); }
  Result<void> remove(std::string_view id) override { return queue_.remove(id); }
  Result<CancelResult> cancel(std::string_view id, std::string_view by) override { return queue_.cancel(id, by); }
  Result<std::vector<FoundTask>> listBuried(Page page) override { return queue_.listBuried(page); }
  Result<std::size_t> revive(std::span<const std::string> ids) override { return queue_.revive(ids); }
  Result<std::vector<ListedSession>> listSessions(Page page) override { return queue_.listSessions(page); }

 private:
  FolderQueue& queue_;
};

class FolderBroker final : public leptir::SimpleBroker {
 public:
  explicit FolderBroker(std::filesystem::path folder)
      : queue_(std::make_shared<FolderQueue>(std::move(folder))), keeper_(*queue_) {}

  Result<void> pushEncodedTasks(std::span<const EncodedTask> tasks) override { return queue_->push(tasks); }
  Result<TaskCounts> tasksCount() override { return queue_->counts(); }
  Result<std::unique_ptr<leptir::BrokerSession>> openSession(const SessionId& session, const SessionInfo& info,
                                                             Duration lease) override;
  Result<std::unique_ptr<leptir::BrokerSession>> resumeSession(const SessionId& session) override;
  Result<std::size_t> recoverExpired(std::size_t limit) override {
    return queue_->recoverExpired(limit, ownInstances_);
  }
  Result<void> endSessionsOf(std::string_view instance) override { return queue_->endSessionsOf(instance); }
  leptir::TaskKeeper& keeper() override { return keeper_; }
  leptir::BrokerTraits traits() const override { return traitsOfAll(); }
  static leptir::BrokerTraits traitsOfAll();

 private:
  std::shared_ptr<FolderQueue> queue_;  // shared with the sessions
  FolderKeeper keeper_;
  std::set<std::string> ownInstances_;  // that opened or resumed a session here
};

}  // namespace folder
