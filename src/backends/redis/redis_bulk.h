// Changes many tasks of a queue, in few scripts that each keep the server busy for some milliseconds: they change a
// thousand tasks at most, and 4 MiB of envelopes.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "backends/redis/redis_keeper_calls.h"
#include "backends/redis/redis_list_calls.h"
#include "backends/redis/redis_queue.h"
#include "backends/redis/redis_task_batch.h"
#include "leptir/result.h"
#include "leptir/spi/task_list.h"

namespace leptir::redis {

// The server names a waiting task by its whole member, so that a task must be found before it can be changed. As a rule
// the caller has listed the tasks just before: their members are remembered, and the values of buried tasks. A task
// that was not listed is searched at the score that the hash `ids` has, or in the whole queue.
class RedisBulk {
 public:
  // `queue` must outlive this object.
  explicit RedisBulk(RedisQueue& queue) : queue_(queue), connection_(*queue.connection) {}

  // Forgets the tasks remembered before.
  void remember(std::span<const FoundTask> listed);

  // See TaskKeeper.
  Result<std::size_t> removeMany(std::span<const std::string> ids);
  Result<std::size_t> reschedule(std::span<const std::string> ids, std::optional<Time> due);
  Result<std::size_t> revive(std::span<const std::string> ids);

 private:
  struct ListedBuriedTask {
    calls::BuriedTaskToRevive task;
    std::size_t bytes = 0;  // of its value
  };
  using Change = std::function<RedisScriptCall(std::span<const WaitingTask>)>;

  Result<std::size_t> removeBuried(std::span<const std::string> escapedIds, std::set<std::string>& others);
  Result<void> readAndRevive(TaskBatch<calls::BuriedTaskToRevive>& batch, std::span<const std::string> escapedIds);
  Result<std::size_t> changeWaiting(const std::set<std::string>& escapedIds, const Change& change);

  RedisQueue& queue_;
  RedisConnection& connection_;
  // Of the tasks listed last: members of the queue, by their escaped ids; buried tasks, by their ids.
  std::unordered_map<std::string, std::string> members_;
  std::unordered_map<std::string, ListedBuriedTask> buriedValues_;
};

}  // namespace leptir::redis
