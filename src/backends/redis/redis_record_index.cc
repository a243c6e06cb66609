#include "backends/redis/redis_record_index.h"

#include "backends/redis/redis_expect.h"

namespace leptir::redis {
namespace {

// A score is the server's time in µs, or one more than the newest score. Scores from 2^52 on were written by another
// program and are ignored: in a double, such a number plus one may be the same number. The first command frees memory,
// so a full server runs it and then the rest of the script.
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

std::string_view wordOf(IndexChange change) {
  if (change == IndexChange::Remove) return "remove";
  return change == IndexChange::AddUnlessThere ? "keep" : "add";
}

}  // namespace

RedisRecordIndex::RedisRecordIndex(std::shared_ptr<RedisConnection> connection, const std::string& key,
                                   std::string expiry)
    : connection_(std::move(connection)), key_(key + ".failures"), expiry_(std::move(expiry)) {}

Result<void> RedisRecordIndex::write(std::span<const MetaInfo> records, std::span<const IndexChange> changes) {
  const auto most = std::to_string(kMost);
  const std::string_view keys[] = {key_};
  std::vector<std::string_view> arguments{most, expiry_};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (changes[i] != IndexChange::Nothing) arguments.insert(arguments.end(), {wordOf(changes[i]), records[i].id});
  }
  if (arguments.size() == 2) return {};
  const auto written = connection_->runScript(writeScript(), keys, arguments);
  // Another program's value under the key of the index, or no rights to it: the index is only a hint, and the records
  // are saved.
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

}  // namespace leptir::redis
