#include "leptir/meta_storage.h"

namespace leptir {

Result<void> MetaStorage::saveMetaInfo(std::span<const MetaInfo> records) {
  Result<void> result;
  for (const auto& [name, storage] : storages_) {
    const auto saved = storage->saveMetaInfo(records);
    if (!saved && result) result = saved.error().in("meta storage " + name);
  }
  return result;
}

Result<Json> MetaStorage::loadMetaInfoById(std::string_view id) {
  std::optional<Error> unable;
  bool answered = false;
  for (const auto& [name, storage] : storages_) {
    auto record = storage->loadMetaInfoById(id);
    if (record) return record;
    if (record.error().code() == ErrorCode::NotFound) {
      answered = true;
    } else if (!unable) {
      unable = record.error().in("meta storage " + name);
    }
  }
  if (unable && !answered) return *unable;
  return Error(ErrorCode::NotFound, "no record of task " + std::string(id));
}

Result<std::vector<Json>> MetaStorage::listMetaInfo(const MetaFilter& filter, Page page) {
  std::optional<Error> unable;
  for (const auto& [name, storage] : storages_) {
    if (!storage->traits().lists) continue;
    auto records = storage->listMetaInfo(filter, page);
    if (records) return records;
    if (!unable) unable = records.error().in("meta storage " + name);
  }
  if (unable) return *unable;
  return Error(ErrorCode::Unsupported, "no configured meta storage can list records");
}

}  // namespace leptir
