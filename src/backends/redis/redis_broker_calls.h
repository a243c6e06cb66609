// The scripts that a broker runs, as functions: each puts together the keys and arguments of one script.
#pragma once

#include <span>
#include <string_view>

#include "backends/redis/redis_queue.h"
#include "leptir/spi/broker_session.h"
#include "leptir/spi/encoded_task.h"

namespace leptir::redis::calls {

// The ids of the tasks must be different; the tasks must outlive the call.
RedisScriptCall pushTasks(const RedisQueue& queue, std::span<const EncodedTask* const> tasks);
RedisScriptCall countTasks(const RedisQueue& queue);
RedisScriptCall openSession(const RedisQueue& queue, const SessionId& session, const SessionInfo& info, Duration lease);
RedisScriptCall endSessions(const RedisQueue& queue, std::string_view instance);
// `unusedName`: a name that no key, member or field has.
RedisScriptCall tryQueueRights(const RedisQueue& queue, std::string_view unusedName);

}  // namespace leptir::redis::calls
