// Looks after single tasks on a redis-server (leptir/simple_broker.h has the contract).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "backends/redis/redis_queue.h"
#include "leptir/buried_lookup.h"
#include "leptir/simple_broker.h"

namespace leptir {

class RedisKeeper final : public TaskKeeper, public BuriedLookup {
 public:
  explicit RedisKeeper(std::shared_ptr<RedisQueue> queue)
      : queue_(std::move(queue)), connection_(*queue_->connection), keys_(queue_->keys) {}

  Result<FoundTask> find(std::string_view id) override;
  Result<void> remove(std::string_view id) override;
  Result<Cancelled> cancel(std::string_view id, std::string_view by) override;
  Result<std::vector<FoundTask>> listBuried(Page page) override;
  Result<std::size_t> revive(std::span<const std::string> ids) override;
  Result<std::vector<FoundTask>> buriedAmong(std::span<const std::string> ids) override;

 private:
  // Where a task is, and what an operation on it needs to name it there.
  struct Place {
    FoundTask task;
    std::string escapedId;
    std::string leasedKey, number;  // of a leased one
  };

  Result<std::optional<Place>> look(std::string_view id);
  Result<std::optional<Place>> amongBuried(const std::string& id, std::string_view mark);
  Result<std::optional<Place>> atItsScore(const std::string& id, std::string_view score);
  Result<std::optional<Place>> amongLeased(const std::string& id, std::string_view score);
  Result<std::optional<Place>> amongForeign(std::string_view asked, const std::string& id);
  Result<Place> waiting(const std::string& id, std::string_view envelope, std::string_view score);
  Result<std::vector<FoundTask>> describeBuried(std::span<const std::string> escapedIds);
  Result<std::vector<std::optional<std::string>>> readBuried(std::span<const std::string> escapedIds);
  Result<void> checkPage(RedisValue page);
  Result<std::int64_t> checkScanned(RedisValue page);
  Result<std::int64_t> membersOfQueue();
  Result<Time> now();
  Result<bool> take(const Place& place);
  Result<bool> wish(const Place& place, std::string_view by);

  std::shared_ptr<RedisQueue> queue_;
  RedisConnection& connection_;
  const RedisKeys& keys_;
};

}  // namespace leptir
