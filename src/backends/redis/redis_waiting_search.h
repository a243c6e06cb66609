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

// How many tasks of one score a search visits. A task that was listed just before, and is not where it was, is leased
// as a rule; it may also wait as other bytes: it is searched only so far.
inline constexpr std::uint64_t kAllOfAScore = std::numeric_limits<std::uint64_t>::max();
inline constexpr std::uint64_t kSomeOfAScore = kMaxTasksExamined;

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
    std::vector<std::string> withoutIds{};  // whose envelopes have no id

    std::size_t count() const { return ids.size() + withoutIds.size(); }
    std::optional<std::string> take(const std::string& escapedId);
  };

  Result<void> takeThoseAlone(std::map<std::string, Wanted>& byScore);
  Result<void> search(const TaskFilter& filter, Wanted wanted, std::uint64_t mostVisited);

  RedisQueue& queue_;
  RedisConnection& connection_;
  WaitingBatch& batch_;
};

}  // namespace leptir::redis
