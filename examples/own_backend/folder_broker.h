// The queue as leptir uses it (simple_broker.h); the rules stand in FolderPushes, FolderSessions and FolderKeeper.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "folder_keeper.h"
#include "folder_store.h"
#include "leptir/spi/simple_broker.h"

namespace folder {

class FolderBroker final : public leptir::SimpleBroker {
 public:
  explicit FolderBroker(std::shared_ptr<FolderStore> store) : store_(std::move(store)), keeper_(*store_) {}

  Result<void> pushEncodedTasks(std::span<const leptir::EncodedTask> tasks) override;
  Result<leptir::TaskCounts> tasksCount() override;
  Result<std::unique_ptr<leptir::BrokerSession>> openSession(const SessionId& session, const leptir::SessionInfo& info,
                                                             Duration lease) override;
  Result<std::unique_ptr<leptir::BrokerSession>> resumeSession(const SessionId& session) override;
  Result<std::size_t> recoverExpired(std::size_t limit) override;
  Result<void> endSessionsOf(std::string_view instance) override;
  std::vector<std::string> takeNotices() override { return store_->takeNotices(); }
  Result<void> checkRights() override;
  bool isUsable() const override;
  leptir::TaskKeeper& keeper() override { return keeper_; }
  leptir::BrokerTraits traits() const override { return traitsOfAll(); }
  static leptir::BrokerTraits traitsOfAll();

 private:
  std::shared_ptr<FolderStore> store_;  // shared with the sessions
  FolderKeeper keeper_;
  std::set<std::string> ownInstances_;  // that opened or resumed a session here: their sessions are never claimed
};

}  // namespace folder
