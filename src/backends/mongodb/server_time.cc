#include "backends/mongodb/server_time.h"

#include <vector>

namespace leptir::mongodb {
namespace {

// $facet gives one document also where the collection has none, or is not there.
Document questionFor(const std::string& collection) {
  const std::vector<Document> nothing{Document().add("$limit", 1)};
  const std::vector<Document> stages{
      Document().add("$match", Document().addNull("_id")),
      Document().add("$facet", Document().add("nothing", std::span<const Document>(nothing))),
      Document().add("$project", Document().add("now", "$$NOW"))};
  return Document()
      .add("aggregate", collection)
      .add("pipeline", std::span<const Document>(stages))
      .add("cursor", Document());
}

}  // namespace

MongodbResult<Time> ServerTime::now() {
  return source_ == TimeSource::Ask ? ask() : client_.serverTime();
}

MongodbResult<Time> ServerTime::ask() {
  const auto reply = client_.read(questionFor(collection_));
  if (!reply) return tl::unexpected(reply.error());
  for (const auto& answer : DocumentView(*reply).documents("cursor.firstBatch")) {
    if (const auto now = answer.date("now")) return *now;
  }
  return tl::unexpected(
      MongodbError{.message = client_.where() + ": the server does not say its time ($$NOW); try again later"});
}

}  // namespace leptir::mongodb
