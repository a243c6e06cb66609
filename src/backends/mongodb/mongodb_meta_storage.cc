#include "backends/mongodb/mongodb_meta_storage.h"

#include <algorithm>
#include <unordered_map>

#include "backends/mongodb/collection_check.h"
#include "backends/mongodb/mongodb_examination.h"
#include "backends/mongodb/mongodb_indexes.h"
#include "backends/mongodb/mongodb_record_lister.h"
#include "backends/mongodb/mongodb_record_watch.h"
#include "backends/mongodb/mongodb_rights.h"
#include "backends/mongodb/record_document.h"
#include "base/saturated.h"
#include "base/utf8.h"

namespace leptir::mongodb {
namespace {

// How many records one find asks for: they may be large.
constexpr std::size_t kMaxRecordsPerLoad = 500;

std::vector<MongodbIndex> recordIndexes(std::optional<Duration> expireAfter) {
  std::vector<MongodbIndex> indexes;
  indexes.push_back({.name = "leptir_started", .key = Document().add("exStart", -1).add("leptir.saved", -1)});
  indexes.push_back({.name = "leptir_saved", .key = Document().add(kRecordSaved, -1).add("_id", -1)});
  if (expireAfter) {
    indexes.push_back(
        {.name = "leptir_expires", .key = Document().add("leptir.expires", 1), .expireAfter = std::chrono::seconds(0)});
  }
  return indexes;
}

// The server removes expired records once a minute; until then they do not count. Also matches records without an
// expiry.
Document notExpired(Document filter, Time now) {
  return std::move(filter.add("leptir.expires", Document().add("$not", Document().add("$lte", now))));
}

std::string durabilityOn(const ServerInfo& server) {
  return server.name +
         ", written with majority and journal: records survive the death of every process and a power cut" +
         (server.retriesWrites ? " of a minority of its members" : "");
}

}  // namespace

Result<std::unique_ptr<MongodbMetaStorage>> MongodbMetaStorage::open(std::shared_ptr<MongodbPool> pool,
                                                                     std::string collection,
                                                                     std::optional<Duration> expireAfter, MetaUse use) {
  auto client = std::make_unique<MongodbClient>(pool);
  const auto server = client->serverInfo();
  if (!server) return server.error().error();
  std::vector<std::string> complaints;
  if (use == MetaUse::Save) {
    const auto checked = checkCollection(*client, collection);
    if (!checked && checked.error().code() != ErrorCode::NotFound) return checked.error();
    auto made = ensureIndexes(*client, collection, recordIndexes(expireAfter));
    if (!made) return made.error();
    complaints = std::move(*made);
  }
  std::unique_ptr<MongodbMetaStorage> storage(
      new MongodbMetaStorage(std::move(pool), std::move(client), std::move(collection), expireAfter, *server));
  storage->traits_.warnings = std::move(complaints);
  return storage;
}

MongodbMetaStorage::MongodbMetaStorage(std::shared_ptr<MongodbPool> pool, std::unique_ptr<MongodbClient> client,
                                       std::string collection, std::optional<Duration> expireAfter,
                                       const ServerInfo& serverInfo)
    : pool_(std::move(pool)),
      client_(std::move(client)),
      collection_(std::move(collection)),
      writer_(*client_, collection_, expireAfter, static_cast<std::size_t>(serverInfo.maxDocumentBytes)),
      traits_(traitsOfEveryServer()),
      expireAfter_(expireAfter),
      hasChangeStreams_(serverInfo.hasChangeStreams) {
  traits_.durability = durabilityOn(serverInfo);
}

Result<void> MongodbMetaStorage::saveMetaInfo(std::span<const MetaInfo> records) {
  return writer_.write(records);
}

Result<Json> MongodbMetaStorage::loadMetaInfoById(std::string_view id) {
  const std::string wanted(id);
  auto found = loadMetaInfos(std::span(&wanted, 1));
  if (!found) return found.error();
  if (!found->front()) return Error(ErrorCode::NotFound, "no record of task " + wanted);
  return std::move(*found->front());
}

Result<std::vector<std::optional<Json>>> MongodbMetaStorage::loadMetaInfos(std::span<const std::string> ids) {
  const auto now = client_->serverTime();
  if (!now) return now.error().error();
  std::vector<std::optional<Json>> records;
  for (auto left = ids; !left.empty();) {
    const auto piece = left.first(std::min(left.size(), kMaxRecordsPerLoad));
    left = left.subspan(piece.size());
    if (auto loaded = loadPiece(piece, *now, records); !loaded) return loaded.error();
  }
  return records;
}

Result<void> MongodbMetaStorage::loadPiece(std::span<const std::string> ids, Time now,
                                           std::vector<std::optional<Json>>& records) {
  std::vector<std::string> possible;
  std::ranges::copy_if(ids, std::back_inserter(possible), base::isUtf8);
  const auto wanted = Document().add("_id", Document().add("$in", std::span<const std::string>(possible)));
  const auto found = client_->find(collection_, notExpired(wanted, now), Document());
  if (!found) return found.error().error();
  std::unordered_map<std::string_view, const Document*> byId;
  for (const auto& document : *found) byId.emplace(DocumentView(document).text("_id").value_or(""), &document);
  for (const auto& id : ids) {
    const auto at = byId.find(id);
    records.push_back(at == byId.end() ? std::nullopt : std::optional(recordOf(*at->second)));
  }
  return {};
}

Result<std::vector<Json>> MongodbMetaStorage::listMetaInfo(const MetaFilter& filter, Page page) {
  if (page.limit == 0) return std::vector<Json>();
  const auto now = client_->serverTime();
  if (!now) return now.error().error();
  Document wanted;
  if (!filter.name.empty()) wanted.add("type", filter.name);
  if (!filter.cause.empty()) wanted.add("cause", filter.cause);
  if (filter.status) wanted.add("status", static_cast<int>(*filter.status));
  const auto options = Document()
                           .add("sort", Document().add("exStart", -1).add("leptir.saved", -1))
                           .add("skip", base::saturatedCast<std::int64_t>(page.offset))
                           .add("limit", base::saturatedCast<std::int64_t>(page.limit));
  const auto found = client_->find(collection_, notExpired(std::move(wanted), *now), options, ReadFrom::AsConfigured);
  if (!found) return found.error().error();
  std::vector<Json> records;
  for (const auto& document : *found) records.push_back(recordOf(document));
  return records;
}

Result<RecordList> MongodbMetaStorage::listRecords(const MetaFilter& filter, std::string_view cursor,
                                                   std::size_t limit) {
  return MongodbRecordLister(*client_, collection_, filter, limit).list(cursor);
}

Result<std::unique_ptr<RecordWatch>> MongodbMetaStorage::watchRecords() {
  if (!hasChangeStreams_) return SimpleMetaStorage::watchRecords();
  return MongodbRecordWatch::begin(pool_, collection_);
}

Result<StoreExamination> MongodbMetaStorage::examine() {
  return examineRecords(*client_, collection_, recordIndexes(expireAfter_));
}

Result<void> MongodbMetaStorage::checkRights() {
  return tryRecordRights(*client_, collection_);
}

MetaTraits MongodbMetaStorage::traitsOfEveryServer() {
  MetaTraits traits;
  traits.listsByCursor = traits.listsEarliestFirst = true;
  traits.durability = "written with majority and journal: records survive a power cut";
  return traits;
}

}  // namespace leptir::mongodb
