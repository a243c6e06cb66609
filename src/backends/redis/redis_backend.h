// `type: redis`: tasks and records on a redis-server, as the PHP original keeps them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "backends/redis/redis_address.h"
#include "leptir/backend.h"

namespace leptir {

class RedisConnection;

// Any thread. What it opens is used by one thread at a time each. A meta storage that a thread opens where it has a
// broker to dispatch from shares the broker's connection: the feeder saves records and acknowledges right after.
class RedisBackend final : public Backend {
 public:
  std::string_view type() const override { return "redis"; }
  std::span<const ConfigKey> brokerConnectionKeys() const override;
  std::span<const ConfigKey> metaConnectionKeys() const override;
  Result<std::unique_ptr<SimpleBroker>> openBroker(const Json& connection, BrokerUse use) override;
  Result<std::unique_ptr<SimpleMetaStorage>> openMetaStorage(const Json& connection,
                                                             std::optional<Duration> expireAfter) override;
  // The seed's -1: never.
  std::optional<Duration> defaultExpiry() const override { return {}; }
  std::string place(const Json& connection) const override;
  // Sessions expire by time.
  std::optional<std::filesystem::path> sessionLockFile(const Json&, std::string_view) const override { return {}; }

 private:
  using Owner = std::pair<std::thread::id, std::string>;  // and how the server is reached, password included
  std::shared_ptr<RedisConnection> ofBroker(const Owner& owner);

  std::mutex mutex_;  // guards ofBrokers_
  std::map<Owner, std::weak_ptr<RedisConnection>> ofBrokers_;
};

}  // namespace leptir
