#include "backends/redis/redis_rights.h"

#include <array>
#include <string>

#include "backends/redis/redis_expect.h"
#include "base/task_id.h"

namespace leptir {
namespace {

// A name under which nothing lies.
std::string unusedName() {
  return "check-" + makeInstanceName();
}

// Deleting comes first: a user who may write, but not delete, must not leave anything.
const RedisScript& recordScript() {
  static const RedisScript kScript(R"(
local key, field = KEYS[1], ARGV[1]
if field ~= '' then
  redis.call('HDEL', key, field)
  redis.call('HSTRLEN', key, field)
  redis.call('HGET', key, field)
  redis.call('HSET', key, field, '')
  redis.call('HDEL', key, field)
  redis.call('HSETNX', key, field, '')
  return redis.call('HDEL', key, field)
end
redis.call('DEL', key)
redis.call('TYPE', key)
redis.call('STRLEN', key)
redis.call('GET', key)
redis.call('SET', key, '', 'NX')
redis.call('PEXPIRE', key, 1000)
return redis.call('DEL', key)
)");
  return kScript;
}

// Both scripts answer 1. A server that answers anything else does not run scripts, whatever it is.
Result<void> outcomeOf(const RedisConnection& connection, const Result<RedisReply>& tried) {
  if (!tried) return tried.error();
  const auto answer = RedisExpect(connection).integer(tried->value(), 1, 1);
  return answer ? Result<void>() : answer.error();
}

}  // namespace

Result<void> tryQueueRights(RedisQueue& queue) {
  const auto& keys = queue.keys;
  const auto name = unusedName();
  const auto leased = keys.leasedBy(name), epoch = keys.epochOf(name);
  const std::string_view names[]{keys.queue,  keys.sessions,    keys.buried, keys.ids,   keys.cards,
                                 keys.cancel, keys.buriedTasks, leased,      keys.lease, epoch};
  const auto tried = queue.connection->runScript(queue.scripts.tryRights, names, std::array{std::string_view(name)});
  return outcomeOf(*queue.connection, tried);
}

Result<void> tryRecordRights(RedisConnection& connection, RedisRecordPlaces& places) {
  const auto name = makeTaskId();
  const auto place = places.placeOf(name);
  if (auto loaded = connection.loadScripts({&recordScript()}); !loaded) return loaded;
  const auto tried = connection.runScript(recordScript(), std::array{place.key}, std::array{place.field});
  return outcomeOf(connection, tried);
}

}  // namespace leptir
