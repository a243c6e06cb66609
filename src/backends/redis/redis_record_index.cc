#include "backends/redis/redis_record_index.h"

#include "backends/redis/redis_expect.h"

namespace leptir {
namespace {

// A score is the server's time in microseconds, or a microsecond later than the newest; from 2^52 on it is another
// program's, and a number there is not one less than the next. The first command frees memory,
// so a full server takes it, and then what follows in the same script.
const RedisScript& writeScript() {
  static const RedisScript kScript(R"(
local index, most, expiry = KEYS[1], tonumber(ARGV[1]), ARGV[2]
redis.call('ZREMRANGEBYRANK', index, 0, -most - 1)
local time = redis.call('TIME')
local score = time[1] * 1000000 + time[2]
if expiry ~= '' then
  redis.call('ZREMRANGEBYSCORE', index, '-inf', string.format('(%.0f', score - expiry * 1000))
end
local newest = tonumber(redis.call('ZREVRANGE', index, 0, 0, 'WITHSCORES')[2]) or 0
if newest >= score and newest < 4503599627370496 then score = newest + 1 end
for i = 3, #ARGV, 2 do
  local note, id, at = ARGV[i], ARGV[i + 1], string.format('%.0f', score)
  if note == 'remove' then
    redis.call('ZREM', index, id)
  elseif note == 'keep' then
    redis.call('ZADD', index, 'NX', at, id)
  else
    redis.call('ZADD', index, at, id)
  end
  score = score + 1
end
redis.call('ZREMRANGEBYRANK', index, 0, -most - 1)
if expiry ~= '' then redis.call('PEXPIRE', index, expiry) end
return 1
)");
  return kScript;
}

std::string_view wordOf(RecordNote note) {
  if (note == RecordNote::Remove) return "remove";
  return note == RecordNote::AddUnlessThere ? "keep" : "add";
}

}  // namespace

RedisRecordIndex::RedisRecordIndex(std::shared_ptr<RedisConnection> connection, const std::string& key,
                                   std::string expiry)
    : connection_(std::move(connection)), key_(key + ".failures"), expiry_(std::move(expiry)) {}

Result<void> RedisRecordIndex::write(std::span<const MetaInfo> records, std::span<const RecordNote> notes) {
  const auto most = std::to_string(kMost);
  const std::string_view keys[] = {key_};
  std::vector<std::string_view> arguments{most, expiry_};
  for (std::size_t i = 0; i < notes.size(); ++i) {
    if (notes[i] != RecordNote::Nothing) arguments.insert(arguments.end(), {wordOf(notes[i]), records[i].id});
  }
  if (arguments.size() == 2) return {};
  const auto written = connection_->runScript(writeScript(), keys, arguments);
  // Somebody's value under its key, or no rights there: it is a hint, and the records stand.
  if (!written) return written.error().code() == ErrorCode::Invalid ? Result<void>() : written.error();
  const auto isDone = RedisExpect(*connection_).integer(written->value(), 1, 1);
  return isDone ? Result<void>() : isDone.error();
}

Result<std::vector<std::string>> RedisRecordIndex::read(std::size_t offset, std::size_t count) {
  const auto first = std::to_string(offset);
  const auto last = std::to_string(offset + count - 1);
  const auto reply = connection_->run({"ZREVRANGE", key_, first, last});
  if (!reply) return reply.error();
  if (auto fits = RedisExpect(*connection_).texts(reply->value()); !fits) return fits.error();
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < reply->value().size(); ++i) ids.emplace_back(reply->value()[i].text());
  return ids;
}

}  // namespace leptir
