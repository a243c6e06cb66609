// One queue on a redis-server (leptir/simple_broker.h has the contract). The queue is the seed's sorted set, which PHP
// producers and consumers use as well.
#pragma once

#include <memory>
#include <string>

#include "backends/redis/redis_facts.h"
#include "backends/redis/redis_keeper.h"
#include "backends/redis/redis_queue.h"
#include "backends/redis/redis_recovery.h"
#include "backends/redis/redis_rights.h"
#include "leptir/simple_broker.h"

namespace leptir {

class RedisBroker final : public SimpleBroker {
 public:
  // Connects and asks the server what it is. Errors as Backend::openBroker; Invalid too when another type of value
  // stands under `key`.
  static Result<std::unique_ptr<RedisBroker>> open(std::shared_ptr<RedisConnection> connection, std::string key);

  Result<void> pushBrokerTasks(std::span<const BrokerTask> tasks) override;
  Result<TaskCounts> tasksCount() override;
  Result<std::unique_ptr<BrokerSession>> openSession(const SessionId& session, const SessionCard& card,
                                                     Duration lease) override;
  Result<std::unique_ptr<BrokerSession>> resumeSession(const SessionId& session) override;
  Result<void> endSessionsOf(std::string_view instance) override;
  Result<std::size_t> recoverExpired(std::size_t limit) override { return recovery_.recover(limit); }
  Result<void> tryRights() override { return tryQueueRights(*queue_); }
  TaskKeeper& keeper() override { return keeper_; }
  BrokerTraits traits() const override;

 private:
  RedisBroker(std::shared_ptr<RedisQueue> queue, RedisFacts facts);
  Result<void> push(std::span<const BrokerTask> tasks);

  std::shared_ptr<RedisQueue> queue_;
  RedisConnection& connection_;
  const RedisKeys& keys_;
  RedisFacts facts_;
  RedisKeeper keeper_;
  RedisRecovery recovery_;
};

}  // namespace leptir
