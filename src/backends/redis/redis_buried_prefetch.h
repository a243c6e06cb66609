// Lists the next buried tasks ahead of the caller, over a connection of its own: so the server works on a list while
// this process works on the page before it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_list_calls.h"
#include "backends/redis/redis_queue.h"
#include "leptir/clock.h"

namespace leptir::redis {

// Only ids and sizes are listed ahead; the caller reads the tasks themselves. One thread at a time.
class RedisBuriedPrefetch {
 public:
  // `queue` must outlive this object. Connects at the first ask().
  explicit RedisBuriedPrefetch(RedisQueue& queue) : queue_(queue) {}

  // Says that the tasks of the page that was listed last are changed: the next list goes on behind it as a rule.
  void expectAnotherList() { expectsAnother_ = true; }
  // To be called once for each list: whether it follows a change, so that one more is expected.
  bool takeExpectation() { return std::exchange(expectsAnother_, false); }

  // Sends listBuriedIds() for the first `limit` tasks from this position, without a filter, and does not wait.
  void ask(const MemberPosition& from, std::size_t limit);
  // The page that was asked for last, if it is this one. Nothing: it was not asked for, or has failed, or is older than
  // a second, or has the end of the list, where tasks may have been buried since.
  std::optional<MemberPage> take(const MemberPosition& from, std::size_t limit);

 private:
  struct Asked {
    MemberPosition from;
    std::size_t limit = 0;
    BootTime at;
  };

  RedisQueue& queue_;
  std::unique_ptr<RedisConnection> connection_;
  std::optional<Asked> asked_;
  bool expectsAnother_ = false;
};

}  // namespace leptir::redis
