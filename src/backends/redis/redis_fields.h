// Reads fields of a hash whose values may be of any size: what other programs stored there, up to the server's 512 MiB.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/redis/redis_connection.h"
#include "leptir/result.h"

namespace leptir {

struct RedisField {
  std::size_t size = 0;  // 0: there is no such field, or it is empty
  std::optional<std::string> text;

  bool isTooLarge() const { return !text && size > 0; }
};

// One for each of `fields`. A value of more than kLargestText bytes is not read. The server is asked in requests whose
// answers have kMostBytesOfARequest bytes at most, or one value.
Result<std::vector<RedisField>> readFields(RedisConnection& connection, std::string_view key,
                                           std::span<const std::string> fields);

}  // namespace leptir
