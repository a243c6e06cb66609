#include "backends/redis/redis_meta_storage.h"

#include <algorithm>

#include "meta/meta_filter.h"

namespace leptir {
namespace {

// Ids that a listing looks at in one go: records may be large, and mostly the first few are enough.
constexpr std::size_t kListedAtOnce = 100;

bool hasSucceeded(const Json& record) {
  return record.value("status", Json()) == static_cast<int>(TaskStatus::Completed) &&
         record.value("retC", Json()) == static_cast<int>(ExitStatus::Success);
}

std::string whyUnreadable(const StandingRecord& record) {
  switch (record.kind) {
    case StandingRecord::Kind::OtherKind:
      return "a value of another kind stands under its key";
    case StandingRecord::Kind::TooLarge:
      return "it has " + std::to_string(record.size) + " bytes, more than leptir reads";
    default:
      break;
  }
  if (record.size == 0) return "an empty record: PHP could not encode it, since a response was no valid UTF-8";
  const auto parsed = parseJson(record.text);
  return parsed ? "it is JSON, but no object" : parsed.error().message();
}

// A server keeps a key until the last of its milliseconds is over, and we until it begins.
std::string milliseconds(std::optional<Duration> expireAfter) {
  if (!expireAfter) return {};
  return std::to_string(std::max<std::int64_t>(1, *expireAfter / std::chrono::milliseconds(1) - 1));
}

}  // namespace

RedisMetaStorage::RedisMetaStorage(std::shared_ptr<RedisConnection> connection, const std::string& key,
                                   RedisLayout layout, std::optional<Duration> expireAfter, RedisFacts facts)
    : connection_(std::move(connection)),
      places_(key, layout),
      expiry_(milliseconds(expireAfter)),
      writer_(connection_, places_, expiry_),
      index_(connection_, key, expiry_),
      facts_(std::move(facts)) {}

Result<void> RedisMetaStorage::saveMetaInfo(std::span<const MetaInfo> records) {
  if (records.empty()) return {};
  const auto notes = writer_.write(records);
  if (!notes) return notes.error();
  return index_.write(records, *notes);
}

Result<Json> RedisMetaStorage::loadMetaInfoById(std::string_view id) {
  const auto records = readRecords(*connection_, places_, std::span(&id, 1));
  if (!records) return records.error();
  const auto& [kind, size, text] = records->front();
  if (kind == StandingRecord::Kind::None) return Error(ErrorCode::NotFound, "no record of task " + std::string(id));
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
    const auto read = readRecords(*connection_, places_, piece);
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
  for (std::size_t from = 0; listed.size() < page.limit && from < RedisRecordIndex::kMost; from += kListedAtOnce) {
    const auto ids = index_.read(from, kListedAtOnce);
    if (!ids) return ids.error();
    if (ids->empty()) break;
    auto records = loadThoseThatDidNotSucceed(*ids);
    if (!records) return records.error();
    for (auto& record : *records) {
      if (listed.size() == page.limit) break;
      if (matches(record, filter) && ++skipped > page.offset) listed.push_back(std::move(record));
    }
  }
  return listed;
}

Result<std::vector<Json>> RedisMetaStorage::loadThoseThatDidNotSucceed(const std::vector<std::string>& ids) {
  auto loaded = loadMetaInfos(ids);
  if (!loaded) return loaded.error();
  std::vector<Json> records;
  for (auto& record : *loaded) {
    if (record && !hasSucceeded(*record)) records.push_back(std::move(*record));
  }
  return records;
}

// The index lies in another slot of a cluster than the records, so it is tried by itself.
Result<void> RedisMetaStorage::tryRights() {
  if (auto tried = tryRecordRights(*connection_, places_, expiry_); !tried) return tried;
  const auto listed = index_.read(0, 1);
  return listed ? Result<void>() : listed.error();
}

MetaTraits RedisMetaStorage::traits() const {
  MetaTraits traits;
  traits.listsSuccesses = false;
  traits.durability = facts_.durability;
  traits.warnings = facts_.warnings;
  return traits;
}

}  // namespace leptir
