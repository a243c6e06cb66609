// The indexes of a queue (README.md, "Indexes").
#pragma once

#include <string>
#include <vector>

#include "backends/mongodb/mongodb_indexes.h"
#include "backends/mongodb/mongodb_queue.h"
#include "leptir/result.h"

namespace leptir::mongodb {

// Makes and verifies the indexes; returns warnings for BrokerTraits. Invalid: an index is missing and this user may not
// make it; the message has the line for mongosh. On a sharded collection, whose index of ids cannot be unique,
// MongodbQueue::hasUniqueIds becomes false.
Result<std::vector<std::string>> prepareIndexes(MongodbQueue& queue);
// The same, but makes no index. Invalid: one of a collection that exists is missing, and this user may not make it.
Result<void> checkIndexes(MongodbQueue& queue);
// The collections of the queue with the indexes that each needs.
struct NeededIndexes {
  std::string collection;
  std::vector<MongodbIndex> indexes;
};
std::vector<NeededIndexes> neededIndexes(const MongodbQueue& queue);
// Asks the server to explain the search of a lease; returns a warning if it would read the whole collection.
Result<std::vector<std::string>> slowLeaseWarnings(MongodbQueue& queue);

}  // namespace leptir::mongodb
