#include "backends/redis/redis_stored_values.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>

#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_queue.h"

namespace leptir::redis {
namespace {

struct Location {
  std::string_view key;
  std::optional<std::string_view> field;  // of the hash under that key
};

bool isOtherType(RedisValue reply) {
  return reply.isError() && reply.text().starts_with("WRONGTYPE");
}

// Reads values in pieces, each in one exchange for its sizes and some for its texts.
class StoredValueReader {
 public:
  struct Options {
    std::size_t largest = 0;                                          // bytes of a value that is read
    std::size_t sizesAtOnce = 0;                                      // of one exchange
    std::size_t mostBytes = std::numeric_limits<std::size_t>::max();  // of all values; one is read in any case
    enum class OtherTypes { AreErrors, AreReturned } otherTypes = OtherTypes::AreErrors;
  };
  // The location of a value, valid until the next call.
  using Locate = std::function<Location(std::size_t index)>;

  StoredValueReader(RedisConnection& connection, Options options, Locate locate)
      : connection_(connection), options_(options), locate_(std::move(locate)) {}

  Result<std::vector<StoredValue>> read(std::size_t count) {
    values_.resize(count);
    for (std::size_t from = 0; from < values_.size(); from += options_.sizesAtOnce) {
      const auto to = std::min(count, from + options_.sizesAtOnce);
      if (auto sized = readSizes(from, to); !sized) return sized.error();
      const auto fitting = endOfFitting(from, to);
      if (fitting < to) values_.resize(fitting);
      if (auto read = readTexts(from, fitting); !read) return read.error();
    }
    return std::move(values_);
  }

 private:
  using Kind = StoredValue::Kind;

  Result<void> readSizes(std::size_t from, std::size_t to) {
    for (auto i = from; i < to; ++i) {
      const auto place = locate_(i);
      if (place.field) connection_.append({"HSTRLEN", place.key, *place.field});
      if (!place.field) connection_.append({"STRLEN", place.key});
    }
    const auto replies = connection_.exchange();
    if (!replies) return replies.error();
    for (auto i = from; i < to; ++i) {
      if (auto noted = noteSize((*replies)[i - from].value(), values_[i]); !noted) return noted;
    }
    return {};
  }

  // The end of those values from `from` to `to` that may be read.
  std::size_t endOfFitting(std::size_t from, std::size_t to) {
    for (auto i = from; i < to; ++i) {
      if (values_[i].kind == Kind::None) bytes_ += values_[i].size;
      if (i > 0 && bytes_ > options_.mostBytes) return i;
    }
    return to;
  }

  Result<void> noteSize(RedisValue reply, StoredValue& value) const {
    if (isReturnedOtherType(reply)) return value.kind = Kind::OtherType, Result<void>();
    if (reply.isError()) return connection_.errorOf(reply);
    const auto size = RedisExpect(connection_).integer(reply, 0, std::numeric_limits<std::uint32_t>::max());
    if (!size) return size.error();
    value.size = static_cast<std::size_t>(*size);
    if (value.size > options_.largest) value.kind = Kind::TooLarge;
    return {};
  }

  Result<void> readTexts(std::size_t from, std::size_t to) {
    std::vector<std::size_t> chosen;
    std::size_t bytes = 0;
    for (auto i = from; i < to; ++i) {
      if (values_[i].kind != Kind::None) continue;
      if (!chosen.empty() && bytes + values_[i].size > kMaxRequestBytes) {
        if (auto read = readTextsOf(chosen); !read) return read;
        chosen.clear();
        bytes = 0;
      }
      chosen.push_back(i);
      bytes += values_[i].size;
    }
    return readTextsOf(chosen);
  }

  Result<void> readTextsOf(std::span<const std::size_t> chosen) {
    for (const auto i : chosen) {
      const auto place = locate_(i);
      if (place.field) connection_.append({"HGET", place.key, *place.field});
      if (!place.field) connection_.append({"GET", place.key});
    }
    const auto replies = connection_.exchange();
    if (!replies) return replies.error();
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      if (auto noted = noteText((*replies)[i].value(), values_[chosen[i]]); !noted) return noted;
    }
    return {};
  }

  Result<void> noteText(RedisValue reply, StoredValue& value) const {
    if (isReturnedOtherType(reply)) return value.kind = Kind::OtherType, Result<void>();
    if (reply.isError()) return connection_.errorOf(reply);
    if (auto fits = RedisExpect(connection_).textOrNil(reply); !fits) return fits;
    value = {reply.isNil() ? Kind::None : Kind::Text, reply.text().size(), std::string(reply.text())};
    return {};
  }

  bool isReturnedOtherType(RedisValue reply) const {
    return options_.otherTypes == Options::OtherTypes::AreReturned && isOtherType(reply);
  }

  RedisConnection& connection_;
  Options options_;
  Locate locate_;
  std::vector<StoredValue> values_;
  std::size_t bytes_ = 0;  // of the values that were chosen
};

}  // namespace

Result<std::vector<StoredValue>> readFields(RedisConnection& connection, std::string_view key,
                                            std::span<const std::string> fields) {
  return readFirstFields(connection, key, fields, std::numeric_limits<std::size_t>::max());
}

Result<std::vector<StoredValue>> readFirstFields(RedisConnection& connection, std::string_view key,
                                                 std::span<const std::string> fields, std::size_t mostBytes) {
  return StoredValueReader(connection,
                           {.largest = kLargestEnvelopeReply, .sizesAtOnce = 10'000, .mostBytes = mostBytes},
                           [&](std::size_t i) { return Location{key, fields[i]}; })
      .read(fields.size());
}

Result<std::vector<StoredValue>> readRecords(RedisConnection& connection, RedisRecordLocator& locator,
                                             std::span<const std::string_view> ids) {
  using OtherTypes = StoredValueReader::Options::OtherTypes;
  return StoredValueReader(connection,
                           {.largest = kLargestRecord, .sizesAtOnce = 100, .otherTypes = OtherTypes::AreReturned},
                           [&](std::size_t i) {
                             const auto place = locator.locate(ids[i]);
                             return Location{place.key, place.isInHash() ? std::optional(place.field) : std::nullopt};
                           })
      .read(ids.size());
}

}  // namespace leptir::redis
