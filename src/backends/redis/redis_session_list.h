// Lists the open sessions of a queue for operators.
#pragma once

#include <vector>

#include "backends/redis/redis_queue.h"
#include "leptir/spi/task_keeper.h"

namespace leptir::redis {

// As TaskKeeper::listSessions. Names that are none of leptir's are left out.
Result<std::vector<ListedSession>> listSessions(RedisQueue& queue, Page page);

}  // namespace leptir::redis
