// Whether a user of a server may do what leptir does: each command is tried in a way that leaves nothing behind.
#pragma once

#include <string_view>

#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_queue.h"
#include "backends/redis/redis_record_places.h"

namespace leptir {

// Errors as RedisConnection::runScript; Invalid: a command is not permitted or not known, or a key holds another type.
Result<void> tryQueueRights(RedisQueue& queue);
// `expiry` in milliseconds, empty: records are kept for ever, and need no right to expire.
Result<void> tryRecordRights(RedisConnection& connection, RedisRecordPlaces& places, std::string_view expiry);

}  // namespace leptir
