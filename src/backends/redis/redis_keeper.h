// Finds, removes, cancels and revives single tasks on a redis-server (leptir/spi/simple_broker.h has the contract).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "backends/redis/redis_queue.h"
#include "leptir/spi/buried_lookup.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::redis {

class RedisKeeper final : public TaskKeeper, public BuriedLookup {
 public:
  explicit RedisKeeper(std::shared_ptr<RedisQueue> queue)
      : queue_(std::move(queue)), connection_(*queue_->connection), keys_(queue_->keys) {}

  Result<FoundTask> find(std::string_view id) override;
  Result<void> remove(std::string_view id) override;
  Result<CancelResult> cancel(std::string_view id, std::string_view by) override;
  Result<std::vector<FoundTask>> listBuried(Page page) override;
  Result<std::size_t> revive(std::span<const std::string> ids) override;
  Result<std::vector<FoundTask>> buriedAmong(std::span<const std::string> ids) override;

 private:
  // A task with what an operation needs to name it on the server.
  struct TaskLocation {
    FoundTask task;
    std::string escapedId;
    std::string leasedKey, number;  // of a leased task: the key of its session, its lease number
  };

  Result<std::optional<TaskLocation>> locate(std::string_view id);
  Result<std::optional<TaskLocation>> locateBuried(const std::string& id, std::string_view mark);
  Result<std::optional<TaskLocation>> locateAtScore(const std::string& id, std::string_view score);
  Result<std::optional<TaskLocation>> locateLeased(const std::string& id, std::string_view score);
  Result<std::optional<TaskLocation>> locateByScan(std::string_view asked, const std::string& id);
  Result<TaskLocation> waitingTask(const std::string& id, std::string_view envelope, std::string_view score);
  Result<std::vector<FoundTask>> describeBuried(std::span<const std::string> escapedIds);
  Result<std::vector<std::optional<std::string>>> readBuried(std::span<const std::string> escapedIds);
  Result<void> checkPage(RedisValue page);
  Result<std::int64_t> checkScanned(RedisValue page);
  Result<std::int64_t> membersOfQueue();
  Result<Time> now();
  Result<bool> removeTask(const TaskLocation& place);
  Result<bool> requestCancel(const TaskLocation& place, std::string_view by);

  std::shared_ptr<RedisQueue> queue_;
  RedisConnection& connection_;
  const RedisKeys& keys_;
};

}  // namespace leptir::redis
