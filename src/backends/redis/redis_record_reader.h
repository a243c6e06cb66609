// Reads records from a redis-server, of whatever size and kind: other programs write under these keys as well.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_record_places.h"
#include "leptir/result.h"

namespace leptir {

// A larger text is never read from the server.
inline constexpr std::size_t kLargestRecord = std::size_t{60} << 20;

struct StandingRecord {
  enum class Kind { None, Text, TooLarge, OtherKind };

  Kind kind = Kind::None;
  std::size_t size = 0;  // of Text and TooLarge
  std::string text;      // of Text
};

// One for each of `ids`: their sizes first, then the texts, some at once.
Result<std::vector<StandingRecord>> readRecords(RedisConnection& connection, RedisRecordPlaces& places,
                                                std::span<const std::string_view> ids);

}  // namespace leptir
