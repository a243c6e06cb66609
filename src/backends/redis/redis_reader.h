// Bytes from a server to replies: hiredis' reader, which this file and no other uses.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "backends/redis/redis_reply.h"
#include "leptir/result.h"

struct redisReader;

namespace leptir {

// One thread at a time. Holds no more than some hundred megabytes, whatever a server sends.
class RedisReader {
 public:
  RedisReader();

  // Unavailable: this is no reply of a redis-server, or a larger one than any that we ask for. Nothing that comes after
  // it can be understood.
  Result<void> feed(std::string_view bytes);
  // Whole replies since the last take().
  std::size_t count() const { return roots_.size(); }
  // Nothing of a further one has come.
  bool isBetweenReplies() const;
  // In the order that they came; between replies.
  std::vector<RedisReply> take();

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };
  Result<void> parse();

  std::shared_ptr<RedisReplies> replies_;
  std::vector<std::uint32_t> roots_;
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace leptir
