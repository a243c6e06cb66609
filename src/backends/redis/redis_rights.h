// Checks that a user of a server has all rights that leptir needs: tries each command in a way that changes nothing.
#pragma once

#include <string_view>

#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_queue.h"
#include "backends/redis/redis_record_locator.h"

namespace leptir::redis {

// Errors as runScript(); Invalid: a command is not permitted or unknown, or a key holds a value of
// another type.
Result<void> tryQueueRights(RedisQueue& queue);
// `expiry` in milliseconds; empty: records never expire, so the right to PEXPIRE is not needed.
Result<void> tryRecordRights(RedisConnection& connection, RedisRecordLocator& locator, std::string_view expiry);

}  // namespace leptir::redis
