// Parses the bytes of a server into replies with hiredis' reader. Only redis_reader.cc includes hiredis.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "backends/redis/redis_reply.h"
#include "leptir/result.h"

struct redisReader;

namespace leptir::redis {

// One thread at a time. Keeps at most some hundred megabytes in memory, whatever a server sends.
class RedisReader {
 public:
  RedisReader();

  // Unavailable: the bytes are no reply of a redis-server, or a larger one than leptir ever requests. The reader cannot
  // be used after that.
  Result<void> feed(std::string_view bytes);
  // Complete replies since the last take().
  std::size_t count() const { return roots_.size(); }
  // No incomplete reply is pending.
  bool isBetweenReplies() const;
  // The complete replies in the order of their arrival. Call it only while isBetweenReplies().
  std::vector<RedisReply> take();

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };
  Result<void> parse();

  std::shared_ptr<RedisReplyBlock> replies_;
  std::vector<std::uint32_t> roots_;
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace leptir::redis
