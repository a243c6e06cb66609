#include "backends/mongodb/mongodb_rights.h"

#include <fmt/format.h>

#include <vector>

#include "backends/mongodb/collection_check.h"
#include "backends/mongodb/queue_indexes.h"
#include "backends/mongodb/task_update.h"
#include "base/task_id.h"

namespace leptir::mongodb {
namespace {

// An `_id` must not be an array: the server refuses this document, but only after it has checked the user's rights.
Document unstorableDocument() {
  Document document;
  const Document array;
  bson_append_array(document.mutableBson(), "_id", -1, array.get());
  return document;
}

// Tries operations on a document that is not there.
class Trial {
 public:
  Trial(MongodbClient& client, const std::string& collection) : client_(client), collection_(collection) {}

  Result<void> find() { return outcome(client_.find(collection_, absentIdFilter_, Document()), "find"); }
  // A refused document may make the collection.
  Result<void> insert() { return outcome(client_.insertAll(collection_, std::vector{unstorableDocument()}), "insert"); }
  Result<void> update() {
    const auto change = op("$set", Document().add("leptir.token", ""));
    const std::vector<Document> statements{Document().add("q", absentIdFilter_).add("u", change)};
    return outcome(client_.updateAll(collection_, statements), "update");
  }
  Result<void> remove() {
    const std::vector<Document> statements{Document().add("q", absentIdFilter_).add("limit", 1)};
    return outcome(client_.deleteAll(collection_, statements), "remove");
  }

 private:
  Result<void> outcome(const auto& tried, std::string_view action) const {
    if (tried) return {};
    const auto error = tried.error().error();
    return Error(error.code(),
                 fmt::format("{} (while trying to {} in the collection {})", error.message(), action, collection_));
  }

  MongodbClient& client_;
  const std::string& collection_;
  const Document absentIdFilter_ = Document().add("_id", "check-" + base::makeInstanceName());
};

bool isMissing(const Result<void>& collection) {
  return !collection && collection.error().code() == ErrorCode::NotFound;
}

enum class Removal { Needed, NotNeeded };

Result<void> tryCollection(MongodbClient& client, const std::string& name, Removal removal) {
  auto collection = checkCollection(client, name);
  if (!collection && !isMissing(collection)) return collection;
  Trial trial(client, name);
  if (auto may = trial.find(); !may) return may;
  if (auto may = trial.update(); !may) return may;
  if (removal == Removal::Needed) {
    if (auto may = trial.remove(); !may) return may;
  }
  if (collection) {
    if (auto may = trial.insert(); !may) return may;
  }
  return collection;
}

}  // namespace

Result<void> tryQueueRights(MongodbQueue& queue) {
  auto sessions = tryCollection(*queue.client, queue.sessions, Removal::Needed);
  if (!sessions && !isMissing(sessions)) return sessions;
  auto fleet = tryCollection(*queue.client, queue.fleet, Removal::Needed);
  if (!fleet && !isMissing(fleet)) return fleet;
  auto tasks = tryCollection(*queue.client, queue.tasks, Removal::Needed);
  return tasks ? checkIndexes(queue) : tasks;
}

Result<void> tryRecordRights(MongodbClient& client, const std::string& collection) {
  const auto tried = tryCollection(client, collection, Removal::NotNeeded);
  return isMissing(tried) ? Result<void>() : tried;
}

}  // namespace leptir::mongodb
