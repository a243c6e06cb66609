// Reads texts and fields of hashes that may be of any size and type, since other programs write under these keys as
// well. Sizes are read first, then the values that are not too large, several in each exchange: at most
// kMaxRequestBytes bytes of values, or a single value.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_record_locator.h"
#include "leptir/result.h"

namespace leptir::redis {

struct StoredValue {
  enum class Kind { None, Text, TooLarge, OtherType };

  Kind kind = Kind::None;
  std::size_t size = 0;  // of Text and TooLarge
  std::string text;      // of Text

  bool isText() const { return kind == Kind::Text; }
};

// One result for each of `fields` of the hash `key`. Values of more than kLargestEnvelopeReply bytes are not read.
// Invalid: `key` holds a value of another type.
Result<std::vector<StoredValue>> readFields(RedisConnection& connection, std::string_view key,
                                            std::span<const std::string> fields);
// The same for the first of `fields`: as many as have `mostBytes` together, at least one.
Result<std::vector<StoredValue>> readFirstFields(RedisConnection& connection, std::string_view key,
                                                 std::span<const std::string> fields, std::size_t mostBytes);

// In bytes. A larger record is not read.
inline constexpr std::size_t kLargestRecord = std::size_t{60} << 20;

// One result for each of `ids`: their records.
Result<std::vector<StoredValue>> readRecords(RedisConnection& connection, RedisRecordLocator& locator,
                                             std::span<const std::string_view> ids);

}  // namespace leptir::redis
