#include "backends/redis/redis_meta_storage.h"

#include <algorithm>

#include "backends/redis/redis_record_lister.h"
#include "backends/redis/redis_stored_values.h"
#include "meta/meta_filter.h"

namespace leptir::redis {
namespace {

// How many records a listing reads at once: records may be large, and the first few are mostly enough.
constexpr std::size_t kListedAtOnce = 100;

std::string whyUnreadable(const StoredValue& record) {
  switch (record.kind) {
    case StoredValue::Kind::OtherType:
      return "its key holds a value of another type";
    case StoredValue::Kind::TooLarge:
      return "it has " + std::to_string(record.size) + " bytes, more than leptir reads";
    default:
      break;
  }
  if (record.size == 0) return "an empty record: PHP could not encode it, since a response was no valid UTF-8";
  const auto parsed = parseJson(record.text);
  return parsed ? "it is JSON, but no object" : parsed.error().message();
}

// One millisecond less than asked: a server keeps a key until its last millisecond is over, but a record of leptir ends
// when that begins.
std::string expiryMilliseconds(std::optional<Duration> expireAfter) {
  if (!expireAfter) return {};
  return std::to_string(std::max<std::int64_t>(1, *expireAfter / std::chrono::milliseconds(1) - 1));
}

}  // namespace

RedisMetaStorage::RedisMetaStorage(std::shared_ptr<RedisConnection> connection, const std::string& key,
                                   RedisLayout layout, std::optional<Duration> expireAfter, RedisServerInfo serverInfo)
    : connection_(std::move(connection)),
      key_(key),
      locator_(key, layout),
      expiry_(expiryMilliseconds(expireAfter)),
      writer_(connection_, locator_, expiry_, key),
      index_(connection_, key, expiry_),
      serverInfo_(std::move(serverInfo)) {}

Result<void> RedisMetaStorage::saveMetaInfo(std::span<const MetaInfo> records) {
  if (records.empty()) return {};
  const auto changes = writer_.write(records);
  if (!changes) return changes.error();
  return index_.write(records, *changes);
}

Result<Json> RedisMetaStorage::loadMetaInfoById(std::string_view id) {
  const auto records = readRecords(*connection_, locator_, std::span(&id, 1));
  if (!records) return records.error();
  const auto& [kind, size, text] = records->front();
  if (kind == StoredValue::Kind::None) return Error(ErrorCode::NotFound, "no record of task " + std::string(id));
  auto record = parseJson(text);
  if (record && record->is_object()) return record;
  return Error(ErrorCode::Corrupt, connection_->address().where() + ": the record of task " + std::string(id) +
                                       " cannot be read: " + whyUnreadable(records->front()));
}

Result<std::vector<std::optional<Json>>> RedisMetaStorage::loadMetaInfos(std::span<const std::string> ids) {
  std::vector<std::optional<Json>> records;
  const std::vector<std::string_view> wanted(ids.begin(), ids.end());
  for (std::span<const std::string_view> left = wanted; !left.empty();) {
    const auto piece = left.first(std::min(left.size(), kListedAtOnce));
    left = left.subspan(piece.size());
    const auto read = readRecords(*connection_, locator_, piece);
    if (!read) return read.error();
    for (const auto& each : *read) {
      auto record = parseJson(each.text);
      records.push_back(record && record->is_object() ? std::optional(std::move(*record)) : std::nullopt);
    }
  }
  return records;
}

Result<std::vector<Json>> RedisMetaStorage::listMetaInfo(const MetaFilter& filter, Page page) {
  std::vector<Json> listed;
  std::size_t skipped = 0;
  for (std::size_t from = 0; listed.size() < page.limit && from < RedisRecordIndex::kMaxSize; from += kListedAtOnce) {
    const auto ids = index_.read(from, kListedAtOnce);
    if (!ids) return ids.error();
    if (ids->empty()) break;
    auto records = loadUnsuccessful(*ids);
    if (!records) return records.error();
    for (auto& record : *records) {
      if (listed.size() == page.limit) break;
      if (meta::matches(record, filter) && ++skipped > page.offset) listed.push_back(std::move(record));
    }
  }
  return listed;
}

Result<std::vector<Json>> RedisMetaStorage::loadUnsuccessful(const std::vector<std::string>& ids) {
  auto loaded = loadMetaInfos(ids);
  if (!loaded) return loaded.error();
  std::vector<Json> records;
  for (auto& record : *loaded) {
    if (record && !isOfSuccess(*record)) records.push_back(std::move(*record));
  }
  return records;
}

Result<RecordList> RedisMetaStorage::listRecords(const MetaFilter& filter, std::string_view cursor, std::size_t limit) {
  return RedisRecordLister(*connection_, locator_, index_, filter, limit).list(cursor);
}

Result<std::unique_ptr<RecordWatch>> RedisMetaStorage::watchRecords() {
  return RedisRecordWatch::begin(connection_->address(), key_);
}

// The index may be in another cluster slot than the records, so it is tried separately.
Result<void> RedisMetaStorage::checkRights() {
  if (auto tried = tryRecordRights(*connection_, locator_, expiry_); !tried) return tried;
  if (const auto listed = index_.read(0, 1); !listed) return listed.error();
  const auto listed = index_.readBehind({}, "-inf", "+inf", 1);
  return listed ? Result<void>() : listed.error();
}

MetaTraits RedisMetaStorage::traits() const {
  MetaTraits traits;
  traits.listsSuccesses = false;
  traits.listsByCursor = traits.listsEarliestFirst = true;
  traits.durability = serverInfo_.durability;
  traits.warnings = serverInfo_.warnings();
  return traits;
}

}  // namespace leptir::redis
