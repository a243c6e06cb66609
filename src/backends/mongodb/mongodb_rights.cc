#include "backends/mongodb/mongodb_rights.h"

#include <fmt/format.h>

#include <vector>

#include "backends/mongodb/task_update.h"
#include "base/task_id.h"

namespace leptir::mongodb {
namespace {

Result<void> outcomeOf(const auto& tried, std::string_view action, std::string_view collection) {
  if (tried) return {};
  const auto error = tried.error().error();
  return Error(error.code(), fmt::format("{} (to {} in the collection {})", error.message(), action, collection));
}

// An `_id` must not be an array: the server refuses this document, but only after it has checked the user's rights.
Document unstorable() {
  Document document;
  const Document array;
  bson_append_array(document.mutableBson(), "_id", -1, array.get());
  return document;
}

Result<void> tryCollection(MongodbClient& client, const std::string& collection) {
  const auto noDocument = Document().add("_id", "check-" + base::makeInstanceName());
  const auto found = client.find(collection, noDocument, Document());
  if (auto may = outcomeOf(found, "find", collection); !may) return may;
  const auto inserted = client.insertAll(collection, std::vector<Document>{unstorable()});
  if (auto may = outcomeOf(inserted, "insert", collection); !may) return may;
  const auto change = op("$set", Document().add("leptir.token", ""));
  const auto updated =
      client.updateAll(collection, std::vector<Document>{Document().add("q", noDocument).add("u", change)});
  if (auto may = outcomeOf(updated, "update", collection); !may) return may;
  const auto removed =
      client.deleteAll(collection, std::vector<Document>{Document().add("q", noDocument).add("limit", 1)});
  return outcomeOf(removed, "remove", collection);
}

}  // namespace

Result<void> tryQueueRights(MongodbQueue& queue) {
  for (const auto& collection : {queue.tasks, queue.sessions}) {
    if (auto may = tryCollection(*queue.client, collection); !may) return may;
  }
  return {};
}

}  // namespace leptir::mongodb
