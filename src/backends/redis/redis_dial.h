// Connects to the address of a redis-server.
#pragma once

#include "backends/redis/redis_address.h"
#include "base/unique_fd.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::redis {

// The descriptor is non-blocking and close-on-exec. Of a name with several addresses each is tried in turn, with its
// share of the time left. Unavailable: connection refused, no answer, unknown name (names come and go). Invalid: a path
// too long for a socket.
Result<base::UniqueFd> dial(const RedisAddress& address, BootTime deadline);

}  // namespace leptir::redis
