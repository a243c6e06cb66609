// Finds a task by its id in the queue, among the leased and among the buried tasks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "backends/redis/redis_queue.h"
#include "leptir/spi/task_keeper.h"

namespace leptir::redis {

// A task with what an operation needs to name it on the server.
struct TaskLocation {
  FoundTask task{};
  std::string escapedId{};
  std::string leasedKey{}, leaseNumber{};  // of a leased task: the key of its session, its lease number
};

// In the hash `ids`, the value of a task that came without an id, was buried under a new id and then revived begins
// with this letter.
inline constexpr std::string_view kNoIdEntryPrefix = "n";

class RedisTaskLocator {
 public:
  // `queue` must outlive this object.
  explicit RedisTaskLocator(RedisQueue& queue) : queue_(queue), connection_(*queue.connection), keys_(queue.keys) {}

  using Found = std::optional<TaskLocation>;
  // Nothing: there is no such task.
  Result<Found> locate(std::string_view id);

 private:
  Result<Found> locateBuried(const std::string& id, std::string_view idEntry);
  Result<Found> locateAtScore(const std::string& id, std::string_view score);
  Result<Found> locateLeased(const std::string& id, std::string_view score);
  Result<Found> locateInSession(const std::string& id, std::string_view session, std::string_view score);
  Result<Found> locateByScan(std::string_view asked, const std::string& id);
  Result<Found> waitingTask(const std::string& id, std::string_view envelope, std::string_view score);
  Result<void> checkPage(RedisValue page) const;
  Result<std::int64_t> checkScanned(RedisValue page) const;
  Result<std::int64_t> countQueueMembers();
  Result<Time> now();

  RedisQueue& queue_;
  RedisConnection& connection_;
  const RedisKeys& keys_;
};

}  // namespace leptir::redis
