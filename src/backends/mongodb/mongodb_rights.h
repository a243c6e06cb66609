// Tries what instances and pushes do in collections, without changing them.
#pragma once

#include <string>

#include "backends/mongodb/mongodb_client.h"
#include "backends/mongodb/mongodb_queue.h"
#include "leptir/result.h"

namespace leptir::mongodb {

// As SimpleBroker::checkRights. NotFound: the collection does not exist, and the user may do the rest; whether the user
// may make it and its indexes cannot be tried without making it.
Result<void> tryQueueRights(MongodbQueue& queue);
// As SimpleMetaStorage::checkRights, also where the collection does not exist.
Result<void> tryRecordRights(MongodbClient& client, const std::string& collection);

}  // namespace leptir::mongodb
