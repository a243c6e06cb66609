// Claims expired sessions and gives their tasks back to the queue.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backends/redis/redis_give_back.h"
#include "backends/redis/redis_queue.h"
#include "leptir/result.h"

namespace leptir::redis {

class RedisRecovery {
 public:
  explicit RedisRecovery(std::shared_ptr<RedisQueue> queue) : queue_(std::move(queue)) {}

  // As SimpleBroker::recoverExpired.
  Result<std::size_t> recover(std::size_t limit);
  // See SimpleBroker::takeNotices.
  std::vector<std::string> takeNotices() { return std::exchange(notices_, {}); }

 private:
  Result<std::vector<std::string>> claim();
  Result<void> reportRemovedNames(RedisValue beginnings, RedisValue sizes);
  Result<std::size_t> giveBack(const std::string& session, std::size_t limit);
  void reportFailure(const std::string& session, const Error& why);
  Result<GiveBackResult> giveBackSome(const std::string& session, std::size_t limit);

  std::shared_ptr<RedisQueue> queue_;
  std::set<std::string> reportedSessions_;  // sessions already reported as impossible to give back
  std::size_t reportedRemovals_ = 0;        // how many removed names were reported
  std::vector<std::string> notices_;
};

}  // namespace leptir::redis
