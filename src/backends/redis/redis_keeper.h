// Finds, lists and changes tasks on a redis-server (leptir/spi/task_keeper.h has the contract).
#pragma once

#include <memory>
#include <string>

#include "backends/redis/redis_bulk.h"
#include "backends/redis/redis_buried_prefetch.h"
#include "backends/redis/redis_queue.h"
#include "backends/redis/redis_task_locator.h"
#include "leptir/spi/buried_lookup.h"
#include "leptir/spi/task_keeper.h"

namespace leptir::redis {

class RedisTaskKeeper final : public TaskKeeper, public BuriedLookup {
 public:
  explicit RedisTaskKeeper(std::shared_ptr<RedisQueue> queue)
      : queue_(std::move(queue)),
        connection_(*queue_->connection),
        locator_(*queue_),
        bulk_(*queue_),
        prefetch_(*queue_) {}

  Result<FoundTask> find(std::string_view id) override;
  Result<void> remove(std::string_view id) override;
  Result<CancelResult> cancel(std::string_view id, std::string_view by) override;
  Result<std::vector<FoundTask>> listBuried(Page page) override;
  Result<std::size_t> revive(std::span<const std::string> ids) override;
  Result<std::vector<FoundTask>> buriedAmong(std::span<const std::string> ids) override;
  Result<TaskList> list(const TaskFilter& filter, std::string_view cursor, std::size_t limit) override;
  Result<std::optional<Time>> earliestDue() override;
  Result<std::size_t> removeMany(std::span<const std::string> ids) override;
  Result<std::size_t> reschedule(std::span<const std::string> ids, std::optional<Time> due) override {
    return bulk_.reschedule(ids, due);
  }
  Result<std::vector<ListedSession>> listSessions(Page page) override;

 private:
  Result<bool> removeTask(const TaskLocation& location);
  Result<bool> requestCancel(const TaskLocation& location, std::string_view by);

  std::shared_ptr<RedisQueue> queue_;
  RedisConnection& connection_;
  RedisTaskLocator locator_;
  RedisBulk bulk_;
  RedisBuriedPrefetch prefetch_;
};

}  // namespace leptir::redis
