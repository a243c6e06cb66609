#include "backends/redis/redis_rights.h"

#include <array>
#include <string>

#include "backends/redis/redis_expect.h"
#include "base/task_id.h"

namespace leptir::redis {
namespace {

// A name that no key, member or field has.
std::string unusedName() {
  return "check-" + base::makeInstanceName();
}

// Tries to delete first: a user who may write but not delete must not leave anything behind. The hash may hold other
// records, so it gets the expiry that each save gives it.
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

// Both scripts return 1. A server that answers anything else has not run the script.
Result<void> outcomeOf(const RedisConnection& connection, const Result<RedisReply>& tried) {
  if (!tried) return tried.error();
  const auto answer = RedisExpect(connection).integer(tried->value(), 1, 1);
  return answer ? Result<void>() : answer.error();
}

}  // namespace

Result<void> tryQueueRights(RedisQueue& queue) {
  const auto& keys = queue.keys;
  const auto name = unusedName();
  const auto leased = keys.leasedBy(name), left = keys.leftToOthersBy(name), epoch = keys.epochOf(name);
  const std::string_view names[]{keys.queue,  keys.sessions,    keys.buried, left,        keys.ids,   keys.cards,
                                 keys.cancel, keys.buriedTasks, leased,      keys.places, keys.lease, keys.front,
                                 epoch,       keys.wake};
  const auto tried = queue.connection->runScript(queue.scripts.tryRights, names, std::array{std::string_view(name)});
  return outcomeOf(*queue.connection, tried);
}

Result<void> tryRecordRights(RedisConnection& connection, RedisRecordLocator& locator, std::string_view expiry) {
  if (auto loaded = connection.loadScripts({&recordScript()}); !loaded) return loaded;
  // An id of leptir's form, and one without a time: with a hashed layout their records have different kinds of keys.
  for (const auto& name : {base::makeTaskId(), unusedName()}) {
    const auto place = locator.locate(name);
    const auto tried = connection.runScript(recordScript(), std::array{place.key}, std::array{place.field, expiry});
    if (auto may = outcomeOf(connection, tried); !may) return may;
  }
  return {};
}

}  // namespace leptir::redis
