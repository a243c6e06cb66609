#include "backends/mongodb/mongodb_bulk.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/mongodb/mongodb_reply.h"
#include "backends/mongodb/static_bson.h"

namespace leptir::mongodb {
namespace {

using MongocCollection = std::unique_ptr<mongoc_collection_t, decltype(&mongoc_collection_destroy)>;

mongoc_bulk_operation_t* newBulk(mongoc_client_t* client, const std::string& database, const std::string& collection) {
  const MongocCollection at(mongoc_client_get_collection(client, database.c_str(), collection.c_str()),
                            &mongoc_collection_destroy);
  return mongoc_collection_create_bulk_operation_with_opts(at.get(), Document().add("ordered", false).get());
}

// A document within a statement; empty if the statement lacks it.
DocumentView partOf(DocumentView statement, std::string_view name) {
  return statement.document(name).value_or(DocumentView(std::span<const std::uint8_t>()));
}

// Without libmongoc's own rules for names, which are stricter than those of servers.
Document optionsWithoutValidation() {
  return Document().add("validate", false);
}

// Whether the `u` of a statement is a whole document, not operators or a pipeline.
bool isReplacement(const ValueView& change) {
  if (change.type() != BSON_TYPE_DOCUMENT) return false;
  bool hasOperators = false;
  change.document()->forEach(
      [&](const ValueView& each) { hasOperators = hasOperators || each.key().starts_with('$'); });
  return !hasOperators;
}

// The fields of a statement that are options of libmongoc's functions.
Document optionsOf(DocumentView statement, Document options) {
  for (const auto* name : {"upsert", "collation", "arrayFilters", "hint"}) {
    if (const auto value = statement.find(name)) options.add(name, *value);
  }
  return options;
}

bool isFailureOfStatements(const bson_error_t& error, const std::vector<DocumentView>& writeErrors) {
  const auto isIts = [&](const DocumentView& each) { return each.integer("code") == std::int64_t{error.code}; };
  return error.domain == MONGOC_ERROR_SERVER && std::ranges::any_of(writeErrors, isIts);
}

}  // namespace

MongodbBulk::MongodbBulk(mongoc_client_t* client, const std::string& database, const std::string& collection,
                         std::int64_t maxDocumentBytes, std::string_view where)
    : where_(where),
      maxDocumentBytes_(maxDocumentBytes),
      bulk_(newBulk(client, database, collection), &mongoc_bulk_operation_destroy) {}

void MongodbBulk::insert(const Document& document) {
  if (isTooLarge(document)) return;
  const auto options = optionsWithoutValidation();
  bson_error_t error{};
  noteAdded(mongoc_bulk_operation_insert_with_opts(bulk_.get(), document.get(), options.get(), &error), error);
}

void MongodbBulk::update(const Document& statement) {
  if (isTooLarge(statement)) return;
  const DocumentView view(statement);
  const StaticBson filter(partOf(view, "q"));
  const StaticBson change(partOf(view, "u"));
  const auto wanted = view.find("u");
  const auto options = optionsOf(view, optionsWithoutValidation());
  const auto multi = view.find("multi");
  const bool isMulti = multi && multi->boolean().value_or(false);
  auto* add = isMulti ? &mongoc_bulk_operation_update_many_with_opts : &mongoc_bulk_operation_update_one_with_opts;
  if (!isMulti && wanted && isReplacement(*wanted)) add = &mongoc_bulk_operation_replace_one_with_opts;
  bson_error_t error{};
  noteAdded(add(bulk_.get(), filter.get(), change.get(), options.get(), &error), error);
}

void MongodbBulk::remove(const Document& statement) {
  const DocumentView view(statement);
  const StaticBson filter(partOf(view, "q"));
  const auto options = optionsOf(view, Document());
  const bool isMany = view.integer("limit").value_or(0) == 0;
  const auto add = isMany ? &mongoc_bulk_operation_remove_many_with_opts : &mongoc_bulk_operation_remove_one_with_opts;
  bson_error_t error{};
  noteAdded(add(bulk_.get(), filter.get(), options.get(), &error), error);
}

bool MongodbBulk::isTooLarge(const Document& statement) {
  constexpr std::int64_t kAllowance = 16 * 1024;  // for what stands around a document, as servers have it
  const auto bytes = static_cast<std::int64_t>(statement.bytes());
  if (bytes <= maxDocumentBytes_ + kAllowance) return false;
  reply_.failures.push_back({statements_++, MongodbError{Remedy::Refuse, kTooLargeCode,
                                                         fmt::format("{}: the document is too large: {} bytes of {}",
                                                                     where_, bytes, maxDocumentBytes_)}});
  return true;
}

void MongodbBulk::noteAdded(bool isAdded, const bson_error_t& error) {
  const auto index = statements_++;
  if (isAdded)
    sent_.push_back(index);
  else
    reply_.failures.push_back({index, MongodbError{Remedy::Refuse, static_cast<std::int32_t>(error.code),
                                                   fmt::format("{}: {}", where_, error.message)}});
}

MongodbResult<WriteReply> MongodbBulk::execute() {
  if (sent_.empty()) return std::move(reply_);
  MongocReply raw;
  bson_error_t error{};
  const bool isDone = mongoc_bulk_operation_execute(bulk_.get(), raw.out(), &error) != 0;
  const auto reply = raw.view();
  const auto writeErrors = reply.documents("writeErrors");
  const auto concernErrors = reply.documents("writeConcernErrors");
  if (!isDone && !isFailureOfStatements(error, writeErrors) && concernErrors.empty())
    return tl::unexpected(errorOf(error, reply, CallKind::Write, where_));
  if (!concernErrors.empty()) return tl::unexpected(writeConcernErrorOf(concernErrors.front(), where_));
  for (const auto& each : writeErrors) {
    const auto index = static_cast<std::size_t>(each.integer("index").value_or(0));
    if (index < sent_.size()) reply_.failures.push_back({sent_[index], writeErrorOf(each, where_)});
  }
  std::ranges::sort(reply_.failures, {}, &WriteReply::Failure::index);
  for (const auto* count : {"nInserted", "nMatched", "nUpserted", "nRemoved"})
    reply_.matched += reply.integer(count).value_or(0);
  reply_.modified = reply.integer("nModified").value_or(0);
  return std::move(reply_);
}

}  // namespace leptir::mongodb
