// What a collection of tasks or records must not be.
#pragma once

#include <string_view>

#include "backends/mongodb/mongodb_client.h"
#include "leptir/result.h"

namespace leptir::mongodb {

// NotFound: the collection does not exist. Invalid: it is a view, capped or of another special kind, so that documents
// in it cannot be changed and removed. No error: the user may not list collections.
Result<void> checkCollection(MongodbClient& client, std::string_view collection);

}  // namespace leptir::mongodb
