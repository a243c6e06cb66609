#include "backends/redis/redis_record_reader.h"

#include <algorithm>
#include <limits>

#include "backends/redis/redis_expect.h"

namespace leptir::redis {
namespace {

using Kind = StoredRecord::Kind;
using Ids = std::span<const std::string_view>;

// Limits of one exchange; a single record may be larger.
constexpr std::size_t kMostAtOnce = 100, kMostBytesAtOnce = std::size_t{32} << 20;

bool isOtherType(RedisValue reply) {
  return reply.isError() && reply.text().starts_with("WRONGTYPE");
}

void appendSize(RedisConnection& connection, const RedisRecordLocator::Location& place) {
  if (place.isInHash()) {
    connection.append({"HSTRLEN", place.key, place.field});
  } else {
    connection.append({"STRLEN", place.key});
  }
}

void appendLoad(RedisConnection& connection, const RedisRecordLocator::Location& place) {
  if (place.isInHash()) {
    connection.append({"HGET", place.key, place.field});
  } else {
    connection.append({"GET", place.key});
  }
}

Result<void> readSizes(RedisConnection& connection, RedisRecordLocator& locator, Ids ids,
                       std::span<StoredRecord> into) {
  for (const auto id : ids) appendSize(connection, locator.locate(id));
  const auto replies = connection.exchange();
  if (!replies) return replies.error();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto reply = (*replies)[i].value();
    if (isOtherType(reply)) {
      into[i].kind = Kind::OtherType;
      continue;
    }
    if (reply.isError()) return connection.errorOf(reply);
    const auto size = RedisExpect(connection).integer(reply, 0, std::numeric_limits<std::uint32_t>::max());
    if (!size) return size.error();
    into[i].size = static_cast<std::size_t>(*size);
    if (into[i].size > kLargestRecord) into[i].kind = Kind::TooLarge;
  }
  return {};
}

Result<void> readTexts(RedisConnection& connection, RedisRecordLocator& locator, Ids ids,
                       std::span<StoredRecord*> into) {
  for (const auto id : ids) appendLoad(connection, locator.locate(id));
  const auto replies = connection.exchange();
  if (!replies) return replies.error();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto reply = (*replies)[i].value();
    auto& record = *into[i];
    if (isOtherType(reply)) {
      record.kind = Kind::OtherType;
      continue;
    }
    if (reply.isError()) return connection.errorOf(reply);
    if (auto fits = RedisExpect(connection).textOrNil(reply); !fits) return fits;
    record = {reply.isNil() ? Kind::None : Kind::Text, reply.text().size(), std::string(reply.text())};
  }
  return {};
}

// Reads the values that are not too large, as many in each exchange as its limit of bytes allows.
Result<void> readTexts(RedisConnection& connection, RedisRecordLocator& locator, Ids ids,
                       std::span<StoredRecord> into) {
  std::vector<std::string_view> chosen;
  std::vector<StoredRecord*> chosenInto;
  std::size_t bytes = 0;
  const auto read = [&]() -> Result<void> {
    if (chosen.empty()) return {};
    auto done = readTexts(connection, locator, chosen, chosenInto);
    chosen.clear(), chosenInto.clear(), bytes = 0;
    return done;
  };
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (into[i].kind != Kind::None) continue;
    if (bytes > 0 && bytes + into[i].size > kMostBytesAtOnce) {
      if (auto done = read(); !done) return done;
    }
    chosen.push_back(ids[i]), chosenInto.push_back(&into[i]), bytes += into[i].size;
  }
  return read();
}

}  // namespace

Result<std::vector<StoredRecord>> readRecords(RedisConnection& connection, RedisRecordLocator& locator, Ids ids) {
  std::vector<StoredRecord> records(ids.size());
  for (std::size_t from = 0; from < ids.size(); from += kMostAtOnce) {
    const auto count = std::min(kMostAtOnce, ids.size() - from);
    const auto piece = ids.subspan(from, count);
    const auto into = std::span(records).subspan(from, count);
    if (auto sized = readSizes(connection, locator, piece, into); !sized) return sized.error();
    if (auto read = readTexts(connection, locator, piece, into); !read) return read.error();
  }
  return records;
}

}  // namespace leptir::redis
