#include "backends/mongodb/mongodb_indexes.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/mongodb/repeated.h"

namespace leptir::mongodb {
namespace {

constexpr std::int32_t kNamespaceNotFound = 26;

Document specificationOf(const MongodbIndex& index) {
  Document specification;
  specification.add("key", index.key).add("name", index.name);
  if (index.unique) specification.add("unique", true);
  if (index.sparse) specification.add("sparse", true);
  if (index.expireAfter) specification.add("expireAfterSeconds", index.expireAfter->count());
  return specification;
}

std::vector<std::pair<std::string_view, std::int64_t>> keyFields(DocumentView key) {
  std::vector<std::pair<std::string_view, std::int64_t>> fields;
  key.forEach([&](const ValueView& value) {
    fields.emplace_back(value.key(), value.integer().value_or(0));  // 0: "hashed", "text", …
  });
  return fields;
}

bool isTrue(DocumentView document, std::string_view name) {
  const auto value = document.find(name);
  return value && value->boolean().value_or(false);
}

// Whether an index of the server, as listIndexes tells it, is the one that is wanted. Its name does not matter.
bool isThatIndex(DocumentView standing, const MongodbIndex& wanted) {
  const auto key = standing.document("key");
  if (!key || keyFields(*key) != keyFields(wanted.key)) return false;
  if (isTrue(standing, "unique") != wanted.unique || isTrue(standing, "sparse") != wanted.sparse) return false;
  if (standing.find("partialFilterExpression") || isTrue(standing, "hidden")) return false;
  const auto expiry = standing.integer("expireAfterSeconds");
  return expiry == (wanted.expireAfter ? std::optional<std::int64_t>(wanted.expireAfter->count()) : std::nullopt);
}

// The indexes that the collection has; none if the user may not list them. (A collection has at most 64, which are one
// batch.)
MongodbResult<std::vector<Document>> standingIndexes(MongodbClient& client, std::string_view collection) {
  const auto reply = client.read(Document().add("listIndexes", collection).add("cursor", Document()));
  if (!reply) {
    const auto& error = reply.error();
    if (error.code == kNamespaceNotFound || error.remedy == Remedy::Configure) return std::vector<Document>();
    return tl::unexpected(error);
  }
  std::vector<Document> indexes;
  for (const auto& index : DocumentView(*reply).documents("cursor.firstBatch")) indexes.emplace_back(index);
  return indexes;
}

// An error that will not go away by itself.
bool isPermanent(const MongodbError& error) {
  return error.remedy == Remedy::Configure || error.remedy == Remedy::Refuse || error.remedy == Remedy::Duplicate;
}

// Two processes that open a new queue at once may wait for each other in the server, which then ends one of the
// commands (FerretDB: "deadlock detected").
MongodbResult<void> makeIndex(MongodbClient& client, std::string_view collection, const MongodbIndex& index) {
  const std::vector<Document> indexes{specificationOf(index)};
  const auto command = Document().add("createIndexes", collection).add("indexes", std::span<const Document>(indexes));
  const auto made = repeatIfConnectionLost([&] { return client.write(command); });
  if (!made) return tl::unexpected(made.error());
  return {};
}

// Indexes that are missing for one reason.
struct Missing {
  MongodbError why;
  std::vector<const MongodbIndex*> indexes{};
};

void noteMissing(const MongodbIndex& index, const MongodbError& why, std::vector<Missing>& to) {
  auto same = std::ranges::find(to, why.code, [](const Missing& each) { return each.why.code; });
  if (same == to.end()) same = to.insert(same, Missing{why});
  same->indexes.push_back(&index);
}

std::string sentenceAbout(const Missing& missing, std::string_view collection) {
  std::string names, lines;
  for (const auto* const index : missing.indexes) {
    names += (names.empty() ? "" : ", ") + index->name;
    lines += (lines.empty() ? "" : "; ") + mongoshLine(collection, *index);
  }
  const bool isOne = missing.indexes.size() == 1;
  return fmt::format("{}; the {} {} of the collection {} {} missing; make {} in mongosh: {}", missing.why.message,
                     isOne ? "index" : "indexes", names, collection, isOne ? "is" : "are", isOne ? "it" : "them",
                     lines);
}

// Calls `make(const MongodbIndex&)` for each index that is not there.
template <class Make>
Result<std::vector<std::string>> makeMissing(std::span<const Document> standing, std::string_view collection,
                                             std::span<const MongodbIndex> indexes, Make make) {
  std::vector<Missing> missing;
  for (const auto& index : indexes) {
    if (std::ranges::any_of(standing, [&](const Document& each) { return isThatIndex(each, index); })) continue;
    const MongodbResult<void> made = make(index);
    if (made) continue;
    if (!isPermanent(made.error())) return made.error().error();
    noteMissing(index, made.error(), missing);
  }
  std::vector<std::string> sentences;
  for (const auto& each : missing) sentences.push_back(sentenceAbout(each, collection));
  return sentences;
}

}  // namespace

Result<std::vector<std::string>> ensureIndexes(MongodbClient& client, std::string_view collection,
                                               std::span<const MongodbIndex> indexes) {
  const auto standing = standingIndexes(client, collection);
  if (!standing) return standing.error().error();
  return makeMissing(*standing, collection, indexes,
                     [&](const MongodbIndex& index) { return makeIndex(client, collection, index); });
}

// Every collection has an index of `_id`: to make it changes nothing, but would make a collection.
Result<std::vector<std::string>> indexesThatCannotBeMade(MongodbClient& client, std::string_view collection,
                                                         std::span<const MongodbIndex> indexes) {
  const auto standing = standingIndexes(client, collection);
  if (!standing) return standing.error().error();
  if (standing->empty()) return std::vector<std::string>();
  const MongodbIndex ofIds{.name = "_id_", .key = Document().add("_id", 1)};
  return makeMissing(*standing, collection, indexes,
                     [&](const MongodbIndex&) { return makeIndex(client, collection, ofIds); });
}

Result<std::vector<const MongodbIndex*>> missingIndexes(MongodbClient& client, std::string_view collection,
                                                        std::span<const MongodbIndex> indexes) {
  const auto standing = standingIndexes(client, collection);
  if (!standing) return standing.error().error();
  std::vector<const MongodbIndex*> missing;
  if (standing->empty()) return missing;
  for (const auto& index : indexes) {
    if (std::ranges::none_of(*standing, [&](const Document& each) { return isThatIndex(each, index); }))
      missing.push_back(&index);
  }
  return missing;
}

std::string mongoshLine(std::string_view collection, const MongodbIndex& index) {
  std::string key;
  for (const auto& [name, direction] : keyFields(index.key)) {
    key += fmt::format("{}\"{}\": {}", key.empty() ? "" : ", ", name, direction);
  }
  std::string options = fmt::format("name: \"{}\"", index.name);
  if (index.unique) options += ", unique: true";
  if (index.sparse) options += ", sparse: true";
  if (index.expireAfter) options += fmt::format(", expireAfterSeconds: {}", index.expireAfter->count());
  return fmt::format("db.getCollection(\"{}\").createIndex({{{}}}, {{{}}})", collection, key, options);
}

}  // namespace leptir::mongodb
