#include "leptir/meta_storage.h"

#include <optional>
#include <utility>

#include "base/lazy_store.h"
#include "leptir/spi/simple_meta_storage.h"

namespace leptir {
namespace {

using MaybeRecords = std::vector<std::optional<Json>>;

std::vector<std::string> missingOf(std::span<const std::string> ids, const MaybeRecords& records) {
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!records[i]) missing.push_back(ids[i]);
  }
  return missing;
}

// Moves `loaded`, which has an entry for each empty entry of `records`, into those.
void fillIn(MaybeRecords& records, MaybeRecords loaded) {
  auto next = loaded.begin();
  for (auto& record : records) {
    if (!record && next != loaded.end()) record = std::move(*next++);
  }
}

}  // namespace

struct MetaStorage::LazyStorage {
  explicit LazyStorage(Entry entry)
      : name(std::move(entry.name)), store("meta storage " + name, std::move(entry.open)) {}

  // Calls an operation of the store. After an error that may lie in the connection the store is closed, so that the
  // next call opens it again.
  template <class Operation>
  auto call(Operation operation) -> decltype(operation(std::declval<SimpleMetaStorage&>())) {
    auto held = store.access();
    if (!held) return held.error();
    auto answer = operation(**held);
    if (answer || answer.error().code() == ErrorCode::NotFound) return answer;
    const auto code = answer.error().code();
    if (code == ErrorCode::Unavailable || code == ErrorCode::Corrupt) store.close(std::move(*held));
    return answer.error().in("meta storage " + name);
  }

  const std::string name;
  base::LazyStore<SimpleMetaStorage> store;
};

MetaStorage::MetaStorage(std::vector<Entry> storages) {
  for (auto& entry : storages) storages_.push_back(std::make_unique<LazyStorage>(std::move(entry)));
}

MetaStorage::~MetaStorage() = default;
MetaStorage::MetaStorage(MetaStorage&&) noexcept = default;
MetaStorage& MetaStorage::operator=(MetaStorage&&) noexcept = default;

Result<void> MetaStorage::saveMetaInfo(std::span<const MetaInfo> records) {
  Result<void> result;
  for (const auto& storage : storages_) {
    const auto saved = storage->call([&](SimpleMetaStorage& store) { return store.saveMetaInfo(records); });
    if (!saved && result) result = saved.error();
  }
  return result;
}

// A storage that does not exist yet has no record, which is an answer.
Result<Json> MetaStorage::loadMetaInfoById(std::string_view id) {
  std::optional<Error> unable;
  bool answered = false;
  for (const auto& storage : storages_) {
    auto record = storage->call([&](SimpleMetaStorage& store) { return store.loadMetaInfoById(id); });
    if (record) return record;
    if (record.error().code() == ErrorCode::NotFound) {
      answered = true;
    } else if (!unable) {
      unable = record.error();
    }
  }
  if (unable && !answered) return *unable;
  return Error(ErrorCode::NotFound, "no record of task " + std::string(id));
}

Result<std::vector<std::optional<Json>>> MetaStorage::loadMetaInfos(std::span<const std::string> ids) {
  std::vector<std::optional<Json>> records(ids.size());
  std::optional<Error> unable;
  bool answered = storages_.empty();
  for (const auto& storage : storages_) {
    const auto missing = missingOf(ids, records);
    if (missing.empty()) break;
    auto loaded = storage->call([&](SimpleMetaStorage& store) { return store.loadMetaInfos(missing); });
    if (loaded) fillIn(records, std::move(*loaded));
    answered = answered || loaded || loaded.error().code() == ErrorCode::NotFound;
    if (!loaded && !unable) unable = loaded.error();
  }
  if (unable && !answered) return *unable;
  return records;
}

Result<MetaStorage::Listing> MetaStorage::listMetaInfo(const MetaFilter& filter, Page page) {
  const auto listIn = [&](SimpleMetaStorage& store) -> Result<Listing> {
    const auto traits = store.traits();
    if (!traits.lists) return Error(ErrorCode::Unsupported, "cannot list records");
    auto records = store.listMetaInfo(filter, page);
    if (!records) return records.error();
    return Listing{.records = std::move(*records), .listsSuccesses = traits.listsSuccesses};
  };
  std::optional<Error> missing, unable;
  bool isUnsupported = storages_.empty();
  for (const auto& storage : storages_) {
    auto listing = storage->call(listIn);
    if (listing) return listing;
    const auto code = listing.error().code();
    isUnsupported = isUnsupported || code == ErrorCode::Unsupported;
    if (code == ErrorCode::NotFound) missing = listing.error();
    if (code != ErrorCode::NotFound && code != ErrorCode::Unsupported && !unable) unable = listing.error();
  }
  if (unable) return *unable;
  if (missing && !isUnsupported) return *missing;
  return Error(ErrorCode::Unsupported, "no configured meta storage can list records");
}

const std::string& MetaStorage::name(std::size_t index) const {
  return storages_.at(index)->name;
}

Result<MetaStorage::Access> MetaStorage::access(std::size_t index) {
  return storages_.at(index)->store.access();
}

}  // namespace leptir
