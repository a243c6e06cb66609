// The indexes of a collection: made where they are missing, and verified.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mongodb/bson.h"
#include "backends/mongodb/mongodb_client.h"
#include "leptir/result.h"

namespace leptir::mongodb {

struct MongodbIndex {
  std::string name{};
  Document key{};  // {field: 1 or -1, …}
  bool unique = false;
  bool sparse = false;
  std::optional<std::chrono::seconds> expireAfter{};  // a TTL index on a Date
};

// Makes the indexes that the collection lacks. Empty: all of them are there now. Otherwise a sentence for each reason
// why indexes are missing or have other keys or options than they should, with the lines for mongosh that make them:
// the user may not make indexes, or another index is in the way. Unavailable: the server cannot be asked now.
Result<std::vector<std::string>> ensureIndexes(MongodbClient& client, std::string_view collection,
                                               std::span<const MongodbIndex> indexes);
// The same, but makes none: only whether the user may make the missing ones is tried, if the collection exists and the
// user may list its indexes.
Result<std::vector<std::string>> indexesThatCannotBeMade(MongodbClient& client, std::string_view collection,
                                                         std::span<const MongodbIndex> indexes);

// The indexes that the collection lacks, with the same keys and options; makes none and tries nothing. A collection
// that does not exist, or whose indexes this user may not list, lacks none.
Result<std::vector<const MongodbIndex*>> missingIndexes(MongodbClient& client, std::string_view collection,
                                                        std::span<const MongodbIndex> indexes);

// `db.getCollection("tasks").createIndex({"leptir.state": 1}, {name: "leptir_due"})`
std::string mongoshLine(std::string_view collection, const MongodbIndex& index);

}  // namespace leptir::mongodb
