// Finds many waiting tasks by their ids, so that they can be changed together.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backends/redis/redis_list_calls.h"
#include "backends/redis/redis_queue.h"
#include "backends/redis/redis_task_batch.h"
#include "leptir/result.h"
#include "leptir/spi/task_list.h"

namespace leptir::redis {

using WaitingBatch = TaskBatch<WaitingTask>;

// How many tasks a search visits at most. A task that was listed just before, and has moved since, is mostly leased
// now; it may also wait with a changed envelope, so kMaxVisitsForMovedTasks of its score are compared at most.
inline constexpr std::uint64_t kUnlimitedVisits = std::numeric_limits<std::uint64_t>::max();
inline constexpr std::uint64_t kMaxVisitsForMovedTasks = kMaxTasksExamined;

// Adds the tasks that it finds to a batch.
class RedisWaitingSearch {
 public:
  // The arguments must outlive this object.
  RedisWaitingSearch(RedisQueue& queue, WaitingBatch& batch)
      : queue_(queue), connection_(*queue.connection), batch_(batch) {}

  // Searches the tasks whose scores the hash `ids` has; `unknown` gets the others.
  Result<void> searchKnown(const std::set<std::string>& escapedIds, std::set<std::string>& unknown,
                           std::uint64_t mostVisited);
  // Searches the whole queue.
  Result<void> searchQueue(std::set<std::string> escapedIds);

 private:
  // What a search looks for.
  struct Wanted {
    std::set<std::string> ids{};
    std::vector<std::string> withoutIds{};  // ids of tasks whose envelopes have no id

    std::size_t count() const { return ids.size() + withoutIds.size(); }
    std::optional<std::string> take(const std::string& escapedId);
  };

  Result<void> addSoleTasksAtScores(std::map<std::string, Wanted>& byScore);
  Result<void> search(const TaskFilter& filter, Wanted wanted, std::uint64_t mostVisited);

  RedisQueue& queue_;
  RedisConnection& connection_;
  WaitingBatch& batch_;
};

}  // namespace leptir::redis
