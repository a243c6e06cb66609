// Reads records from a redis-server. A value may have any size and type, since other programs write under these keys as
// well.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_record_locator.h"
#include "leptir/result.h"

namespace leptir::redis {

// In bytes. A larger value is not read.
inline constexpr std::size_t kLargestRecord = std::size_t{60} << 20;

struct StoredRecord {
  enum class Kind { None, Text, TooLarge, OtherType };

  Kind kind = Kind::None;
  std::size_t size = 0;  // of Text and TooLarge
  std::string text;      // of Text
};

// One result for each of `ids`. Reads the sizes first, then the values, several in each exchange.
Result<std::vector<StoredRecord>> readRecords(RedisConnection& connection, RedisRecordLocator& locator,
                                              std::span<const std::string_view> ids);

}  // namespace leptir::redis
