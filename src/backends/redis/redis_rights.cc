#include "backends/redis/redis_rights.h"

#include <string>

#include "backends/redis/redis_broker_calls.h"
#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_script_texts.h"
#include "base/task_id.h"

namespace leptir::redis {
namespace {

// A name that no key, member or field has.
std::string unusedName() {
  return "check-" + base::makeInstanceName();
}

const RedisScript& tryRecordRightsScript() {
  static const RedisScript kScript(lua::kTryRecordRights);
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
  const auto name = unusedName();
  return outcomeOf(*queue.connection, runScript(*queue.connection, calls::tryQueueRights(queue, name)));
}

Result<void> tryRecordRights(RedisConnection& connection, RedisRecordLocator& locator, std::string_view expiry) {
  const auto& script = tryRecordRightsScript();
  if (auto loaded = RedisScriptLoader(connection).load({&script}); !loaded) return loaded;
  // An id of leptir's form, and one without a time: with a hashed layout their records have different kinds of keys.
  for (const auto& name : {base::makeTaskId(), unusedName()}) {
    const auto place = locator.locate(name);
    RedisScriptCall call(script);
    call.keys(place.key).arguments(place.field, expiry);
    if (auto may = outcomeOf(connection, runScript(connection, call)); !may) return may;
  }
  return {};
}

}  // namespace leptir::redis
