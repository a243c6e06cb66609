// What scripts have buried without sending it to leptir (SimpleBroker::takeBurials).
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_reply.h"
#include "leptir/result.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::redis {

class RedisBurials {
 public:
  // `pairs`: a reply of ids, each with the reason behind it. Returns how many tasks it names.
  Result<std::size_t> note(const RedisConnection& from, RedisValue pairs);
  std::vector<StoreBurial> take() { return std::exchange(burials_, {}); }

 private:
  std::vector<StoreBurial> burials_;
};

}  // namespace leptir::redis
