// One queue on a redis-server (leptir/simple_broker.h has the contract). The queue is PHP leptir's sorted set, which
// PHP producers and consumers use as well.
#pragma once

#include <memory>
#include <string>

#include "backends/redis/redis_facts.h"
#include "backends/redis/redis_keeper.h"
#include "backends/redis/redis_php.h"
#include "backends/redis/redis_queue.h"
#include "backends/redis/redis_recovery.h"
#include "backends/redis/redis_rights.h"
#include "leptir/simple_broker.h"

namespace leptir {

class RedisBroker final : public SimpleBroker {
 public:
  // Connects and asks the server what it is. Errors as Backend::openBroker; Invalid too when another type of value
  // stands under `key`.
  static Result<std::unique_ptr<RedisBroker>> open(std::shared_ptr<RedisConnection> connection, std::string key,
                                                   PhpConsumers php = PhpConsumers::Auto);

  Result<void> pushBrokerTasks(std::span<const BrokerTask> tasks) override;
  Result<TaskCounts> tasksCount() override;
  Result<std::unique_ptr<BrokerSession>> openSession(const SessionId& session, const SessionCard& card,
                                                     Duration lease) override;
  Result<std::unique_ptr<BrokerSession>> resumeSession(const SessionId& session) override;
  Result<void> endSessionsOf(std::string_view instance) override;
  // Also looks whether PHP consumers have come or gone.
  Result<std::size_t> recoverExpired(std::size_t limit) override;
  std::vector<std::string> takeNotices() override { return recovery_.takeNotices(); }
  Result<void> tryRights() override { return tryQueueRights(*queue_); }
  TaskKeeper& keeper() override { return keeper_; }
  BrokerTraits traits() const override;

 private:
  RedisBroker(std::shared_ptr<RedisQueue> queue, RedisFacts facts, PhpConsumers php);
  Result<void> lookForPhp();
  Result<void> checkNames(std::span<const BrokerTask> tasks) const;
  Result<void> push(std::span<const BrokerTask> tasks);

  std::shared_ptr<RedisQueue> queue_;
  RedisConnection& connection_;
  const RedisKeys& keys_;
  RedisFacts facts_;
  PhpConsumers php_;
  std::optional<PhpConsumer> seen_;  // the last one
  BootTime seenUntil_{};             // that long it counts as there
  RedisKeeper keeper_;
  RedisRecovery recovery_;
};

}  // namespace leptir
