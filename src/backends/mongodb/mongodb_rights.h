// Tries what pushes and dispatchers do in a queue, without changing it.
#pragma once

#include "backends/mongodb/mongodb_queue.h"
#include "leptir/result.h"

namespace leptir::mongodb {

// As SimpleBroker::tryRights.
Result<void> tryQueueRights(MongodbQueue& queue);

}  // namespace leptir::mongodb
