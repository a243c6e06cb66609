// What instances and commands share through a redis-server (leptir/spi/fleet_store.h has the contract).
#pragma once

#include <memory>
#include <string>

#include "backends/redis/redis_queue.h"
#include "leptir/spi/fleet_store.h"

namespace leptir::redis {

class RedisFleet final : public FleetStore {
 public:
  explicit RedisFleet(std::shared_ptr<RedisQueue> queue)
      : queue_(std::move(queue)), connection_(*queue_->connection), keys_(queue_->keys) {}

  Result<void> put(std::string_view key, std::string_view value, std::optional<Duration> lifetime) override;
  Result<bool> putIfAbsent(std::string_view key, std::string_view value, std::optional<Duration> lifetime) override;
  Result<bool> erase(std::string_view key) override;
  Result<std::string> get(std::string_view key) override;
  Result<std::vector<FleetEntry>> list(std::string_view prefix, std::string_view after, std::size_t limit) override;
  Result<std::uint64_t> version() override;

 private:
  enum class Existing { Replaced, Kept };
  Result<bool> store(std::string_view key, std::string_view value, std::optional<Duration> lifetime, Existing existing);

  std::shared_ptr<RedisQueue> queue_;
  RedisConnection& connection_;
  const RedisKeys& keys_;
};

}  // namespace leptir::redis
