#include "backends/mongodb/collection_check.h"

#include <fmt/format.h>

#include <string>

#include "base/escape.h"

namespace leptir::mongodb {
namespace {

// What is wrong with a collection as listCollections tells it; empty: nothing.
std::string objectionTo(DocumentView listed) {
  const auto type = listed.text("type").value_or("collection");
  if (type == "view") return "is a view, in which nothing can be stored";
  if (type != "collection")
    return fmt::format("is of the kind {}, whose documents cannot be changed", base::inQuotes(type));
  const auto capped = listed.find("options.capped");
  if (capped && capped->boolean().value_or(false)) return "is capped, so that what is stored in it would vanish";
  return {};
}

}  // namespace

Result<void> checkCollection(MongodbClient& client, std::string_view collection) {
  const auto reply = client.read(
      Document().add("listCollections", 1).add("filter", Document().add("name", collection)).add("cursor", Document()));
  if (!reply) return reply.error().remedy == Remedy::Configure ? Result<void>() : reply.error().error();
  const auto found = DocumentView(*reply).documents("cursor.firstBatch");
  const auto name = client.where() + ": the collection " + base::inQuotes(collection);
  if (found.empty()) return Error(ErrorCode::NotFound, name + " does not exist yet");
  const auto objection = objectionTo(found.front());
  if (objection.empty()) return {};
  return Error(ErrorCode::Invalid, name + ' ' + objection + ": set another 'collection'");
}

}  // namespace leptir::mongodb
