// Reads fields of a hash whose values may be of any size: other programs may have stored up to 512 MiB in each.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/redis/redis_connection.h"
#include "leptir/result.h"

namespace leptir::redis {

struct RedisField {
  std::size_t size = 0;             // bytes; 0: there is no such field, or it is empty
  std::optional<std::string> text;  // none: there is no such field, or it is too large

  bool isTooLarge() const { return !text && size > 0; }
};

// One result for each of `fields`. Values of more than kLargestText bytes are not read. Each request asks for at most
// kMostBytesOfARequest bytes of values, or for a single value.
Result<std::vector<RedisField>> readFields(RedisConnection& connection, std::string_view key,
                                           std::span<const std::string> fields);

}  // namespace leptir::redis
