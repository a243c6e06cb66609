// One queue on a redis-server (leptir/spi/simple_broker.h has the contract). The queue is PHP leptir's sorted set,
// which PHP producers and consumers use as well.
#pragma once

#include <memory>
#include <string>

#include "backends/redis/redis_examination.h"
#include "backends/redis/redis_fleet.h"
#include "backends/redis/redis_keeper.h"
#include "backends/redis/redis_php.h"
#include "backends/redis/redis_queue.h"
#include "backends/redis/redis_recovery.h"
#include "backends/redis/redis_rights.h"
#include "backends/redis/redis_server_info.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::redis {

class RedisBroker final : public SimpleBroker {
 public:
  // Connects and reads version and settings of the server. Errors as Backend::openBroker; also Invalid when `key` holds
  // a value of another type.
  static Result<std::unique_ptr<RedisBroker>> open(std::shared_ptr<RedisConnection> connection, std::string key,
                                                   PhpConsumers php = PhpConsumers::Auto);

  Result<void> pushEncodedTasks(std::span<const EncodedTask> tasks) override;
  Result<TaskCounts> tasksCount() override;
  Result<std::unique_ptr<BrokerSession>> openSession(const SessionId& session, const SessionInfo& info,
                                                     Duration lease) override;
  Result<std::unique_ptr<BrokerSession>> resumeSession(const SessionId& session) override;
  Result<void> endSessionsOf(std::string_view instance) override;
  // Also asks the server whether PHP consumers have come or gone.
  Result<std::size_t> recoverExpired(std::size_t limit) override;
  std::vector<StoreBurial> takeBurials() override { return queue_->burials.take(); }
  std::vector<std::string> takeNotices() override { return recovery_.takeNotices(); }
  Result<void> checkRights() override { return tryQueueRights(*queue_); }
  Result<StoreExamination> examine() override { return examineServer(connection_); }
  TaskKeeper& keeper() override { return keeper_; }
  FleetStore* fleet() override { return &fleet_; }
  BrokerTraits traits() const override;

 private:
  RedisBroker(std::shared_ptr<RedisQueue> queue, RedisServerInfo serverInfo, PhpConsumers php);
  Result<void> detectPhpConsumers();
  Result<void> rejectPhpClassNames(std::span<const EncodedTask> tasks) const;
  Result<void> push(std::span<const EncodedTask> tasks);

  std::shared_ptr<RedisQueue> queue_;
  RedisConnection& connection_;
  const RedisKeys& keys_;
  RedisServerInfo serverInfo_;
  PhpConsumers php_;
  std::optional<PhpConsumer> lastPhpConsumer_;  // the PHP consumer seen last
  BootTime phpPresentUntil_{};                  // PHP consumers count as present until then
  RedisTaskKeeper keeper_;
  RedisFleet fleet_;
  RedisRecovery recovery_;
};

}  // namespace leptir::redis
