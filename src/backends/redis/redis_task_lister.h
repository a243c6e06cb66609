// Lists the tasks of a queue page after page: those that wait, in the order of their scores, then the leased ones of
// each session by their lease numbers, then the buried ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/redis/redis_buried_prefetch.h"
#include "backends/redis/redis_list_calls.h"
#include "backends/redis/redis_list_cursor.h"
#include "backends/redis/redis_queue.h"
#include "leptir/spi/task_list.h"
#include "leptir/task_filter.h"

namespace leptir::redis {

// One call of TaskKeeper::list.
class RedisTaskLister {
 public:
  // `queue`, `prefetch` and `filter` must outlive this object.
  RedisTaskLister(RedisQueue& queue, RedisBuriedPrefetch& prefetch, const TaskFilter& filter, std::size_t limit);

  Result<TaskList> list(std::string_view cursor);

 private:
  using Part = ListCursor::Part;

  bool isFull() const;
  void goToNextPart();
  Result<void> readPart();
  Result<void> readWaiting();
  Result<void> readLeased();
  Result<void> loadSessions();
  Result<void> readSession(const std::string& session);
  Result<std::size_t> readLeasedTasks(const std::string& session, std::span<const std::uint64_t> numbers);
  Result<void> addLeased(std::vector<LeasedTask> leased);
  Result<void> readBuried();
  bool takesAllBuried() const;
  bool mayPrefetch() const;
  std::size_t maxBuriedOfStep() const;
  void prefetchNext(const MemberPage& page);
  Result<void> addBuried(const MemberPage& page);
  void addIfMatching(FoundTask task);

  RedisQueue& queue_;
  RedisConnection& connection_;
  RedisBuriedPrefetch& prefetch_;
  const bool expectsAnother_;  // list after this one
  const TaskFilter& filter_;
  const std::size_t limit_;
  std::optional<ListCursor> at_;                      // none: there are no more tasks
  std::optional<std::vector<std::string>> sessions_;  // ordered
  TaskList list_;
  std::size_t bytes_ = 0;  // of the envelopes in list_
  int steps_ = 0;
};

}  // namespace leptir::redis
