#include "backends/redis/redis_fields.h"

#include <limits>

#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_queue.h"

namespace leptir::redis {
namespace {

// How many sizes one exchange asks for.
constexpr std::size_t kMostAtOnce = 10'000;

Result<void> readSizes(RedisConnection& connection, std::string_view key, std::span<const std::string> fields,
                       std::span<RedisField> into) {
  for (const auto& field : fields) connection.append({"HSTRLEN", key, field});
  const auto replies = connection.exchange();
  if (!replies) return replies.error();
  for (std::size_t i = 0; i < replies->size(); ++i) {
    const auto reply = (*replies)[i].value();
    if (reply.isError()) return connection.errorOf(reply);
    const auto size = RedisExpect(connection).integer(reply, 0, std::numeric_limits<std::uint32_t>::max());
    if (!size) return size.error();
    into[i].size = static_cast<std::size_t>(*size);
  }
  return {};
}

Result<void> readTexts(RedisConnection& connection, std::string_view key, std::span<const std::string> fields,
                       std::span<const std::size_t> chosen, std::vector<RedisField>& into) {
  std::vector<std::string_view> words{"HMGET", key};
  for (const auto i : chosen) words.push_back(fields[i]);
  const auto reply = connection.run(words);
  if (!reply) return reply.error();
  const auto texts = reply->value();
  if (auto fits = RedisExpect(connection).texts(texts, chosen.size(), RedisExpect::Nils::Allowed); !fits) return fits;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    auto& field = into[chosen[i]];
    if (texts[i].isNil()) {
      field.size = 0;  // the field does not exist, or was deleted since its size was read
    } else {
      field.text = texts[i].text();
    }
  }
  return {};
}

}  // namespace

Result<std::vector<RedisField>> readFields(RedisConnection& connection, std::string_view key,
                                           std::span<const std::string> fields) {
  std::vector<RedisField> read(fields.size());
  for (std::size_t from = 0; from < fields.size(); from += kMostAtOnce) {
    const auto count = std::min(kMostAtOnce, fields.size() - from);
    const auto into = std::span(read).subspan(from, count);
    if (auto sized = readSizes(connection, key, fields.subspan(from, count), into); !sized) return sized.error();
  }
  std::vector<std::size_t> chosen;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (read[i].size > kLargestText) continue;
    if (!chosen.empty() && bytes + read[i].size > kMostBytesOfARequest) {
      if (auto got = readTexts(connection, key, fields, chosen, read); !got) return got.error();
      chosen.clear();
      bytes = 0;
    }
    chosen.push_back(i);
    bytes += read[i].size;
  }
  if (chosen.empty()) return read;
  if (auto got = readTexts(connection, key, fields, chosen, read); !got) return got.error();
  return read;
}

}  // namespace leptir::redis
