// From an address to a connected descriptor.
#pragma once

#include "backends/redis/redis_address.h"
#include "base/unique_fd.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir {

// Non-blocking, closed at exec. A name with several addresses: each in turn gets its share of the time that is left.
// Unavailable: nobody listens, no answer, no such name (names come and go). Invalid: a path that can be none.
Result<UniqueFd> dial(const RedisAddress& address, BootTime deadline);

}  // namespace leptir
