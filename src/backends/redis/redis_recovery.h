// Claims sessions whose time is over, and gives back what they held.
#pragma once

#include <memory>
#include <string>

#include "backends/redis/redis_give_back.h"
#include "backends/redis/redis_queue.h"
#include "leptir/result.h"

namespace leptir {

class RedisRecovery {
 public:
  explicit RedisRecovery(std::shared_ptr<RedisQueue> queue) : queue_(std::move(queue)) {}

  // As SimpleBroker::recoverExpired.
  Result<std::size_t> recover(std::size_t limit);

 private:
  Result<std::vector<std::string>> claim();
  Result<GaveBack> giveBackSome(const std::string& session, std::size_t limit);

  std::shared_ptr<RedisQueue> queue_;
};

}  // namespace leptir
