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

// Deleting comes first: a user who may write, but not delete, must not leave anything. A hash may have records of
// others, and gets the time that each save gives it.
const RedisScript& recordScript() {
  static const RedisScript kScript(R"(
local key, field, expiry = KEYS[1], ARGV[1], ARGV[2]
if field ~= '' then
  redis.call('HDEL', key, field)
  redis.call('HSTRLEN', key, field)
  redis.call('HGET', key, field)
  redis.call('HSET', key, field, '')
  redis.call('HDEL', key, field)
  if expiry ~= '' then redis.call('PEXPIRE', key, expiry) end
  redis.call('HSETNX', key, field, '')
  return redis.call('HDEL', key, field)
end
redis.call('DEL', key)
redis.call('TYPE', key)
redis.call('STRLEN', key)
redis.call('GET', key)
if expiry ~= '' then redis.call('PEXPIRE', key, expiry) end
redis.call('SET', key, '', 'NX')
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
  const auto leased = keys.leasedBy(name), left = keys.leftBy(name), epoch = keys.epochOf(name);
  const std::string_view names[]{keys.queue,  keys.sessions,    keys.buried, left,        keys.ids,   keys.cards,
                                 keys.cancel, keys.buriedTasks, leased,      keys.places, keys.lease, keys.front,
                                 epoch,       keys.wake};
  const auto tried = queue.connection->runScript(queue.scripts.tryRights, names, std::array{std::string_view(name)});
  return outcomeOf(*queue.connection, tried);
}

Result<void> tryRecordRights(RedisConnection& connection, RedisRecordPlaces& places, std::string_view expiry) {
  if (auto loaded = connection.loadScripts({&recordScript()}); !loaded) return loaded;
  // An id as leptir makes them, and one that does not say when it was made: a hashed layout has other places for those.
  for (const auto& name : {makeTaskId(), unusedName()}) {
    const auto place = places.placeOf(name);
    const auto tried = connection.runScript(recordScript(), std::array{place.key}, std::array{place.field, expiry});
    if (auto may = outcomeOf(connection, tried); !may) return may;
  }
  return {};
}

}  // namespace leptir
