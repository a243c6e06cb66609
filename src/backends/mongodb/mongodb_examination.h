// What `leptir doctor` asks a MongoDB deployment: its indexes, its clock, and whether it can lose writes.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "backends/mongodb/mongodb_client.h"
#include "backends/mongodb/mongodb_indexes.h"
#include "backends/mongodb/mongodb_queue.h"
#include "leptir/result.h"
#include "leptir/spi/store_finding.h"

namespace leptir::mongodb {

// The server has no replica set.
StoreFinding standaloneFinding(const std::string& where);

// Examines the collections of a queue, and creates no index.
Result<StoreExamination> examineQueue(MongodbQueue& queue);
// Examines a collection of records; `indexes` are those that it needs.
Result<StoreExamination> examineRecords(MongodbClient& client, std::string_view collection,
                                        std::span<const MongodbIndex> indexes);

}  // namespace leptir::mongodb
