// Whether a server keeps what it is given: asked for when a store is opened, told by `leptir check` and in the log.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/result.h"

namespace leptir {

class RedisConnection;

struct RedisFacts {
  int version = 0;                    // as redisVersion() answers it; 0: not told
  std::string durability;             // in words, for traits()
  std::vector<std::string> warnings;  // what its owner should change, a sentence each, beginning with where it is
};

// Three questions in one round trip. A server that does not answer one of them to us (its ACL) is a warning, no error.
Result<RedisFacts> askFacts(RedisConnection& connection);

// What the answers mean: to INFO, to CONFIG GET save and to CONFIG GET appendfsync; none: it was refused.
RedisFacts factsFrom(std::optional<std::string_view> info, std::optional<std::string_view> save,
                     std::optional<std::string_view> appendFsync);

// Of "7.0.15": 70015. 0: it is none.
int redisVersion(std::string_view text);

}  // namespace leptir
