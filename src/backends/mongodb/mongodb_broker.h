// One queue in a collection of a MongoDB database (leptir/spi/simple_broker.h has the contract; README.md).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/mongodb/mongodb_adoption.h"
#include "backends/mongodb/mongodb_fleet.h"
#include "backends/mongodb/mongodb_keeper.h"
#include "backends/mongodb/mongodb_push.h"
#include "backends/mongodb/mongodb_queue.h"
#include "backends/mongodb/mongodb_recovery.h"
#include "leptir/spi/backend.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::mongodb {

class MongodbBroker final : public SimpleBroker {
 public:
  // Asks the server what it is, and makes and verifies the indexes (not for BrokerUse::Inspect). Errors as
  // Backend::openBroker; also Invalid when the collection is a view or capped, or an index is missing and this user may
  // not make it.
  static Result<std::unique_ptr<MongodbBroker>> open(std::shared_ptr<MongodbPool> pool, std::string collection,
                                                     BrokerUse use);

  Result<void> pushEncodedTasks(std::span<const EncodedTask> tasks) override;
  Result<TaskCounts> tasksCount() override;
  Result<std::unique_ptr<BrokerSession>> openSession(const SessionId& session, const SessionInfo& info,
                                                     Duration lease) override;
  Result<std::unique_ptr<BrokerSession>> resumeSession(const SessionId& session) override;
  Result<void> endSessionsOf(std::string_view instance) override;
  Result<std::size_t> recoverExpired(std::size_t limit) override { return recovery_.recover(limit); }
  std::vector<std::string> takeNotices() override;
  std::vector<StoreBurial> takeBurials() override;
  Result<void> checkRights() override;
  Result<StoreExamination> examine() override;
  TaskKeeper& keeper() override { return keeper_; }
  FleetStore* fleet() override { return &fleet_; }
  BrokerTraits traits() const override;
  // The traits that are the same on every server.
  static BrokerTraits traitsOfEveryServer();

 private:
  MongodbBroker(std::shared_ptr<MongodbQueue> queue, std::vector<std::string> warnings);

  std::shared_ptr<MongodbQueue> queue_;
  std::vector<std::string> warnings_;
  MongodbAdoption adoption_;
  MongodbPush push_;
  MongodbKeeper keeper_;
  MongodbFleet fleet_;
  MongodbRecovery recovery_;
};

}  // namespace leptir::mongodb
