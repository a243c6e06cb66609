#include "leptir/spi/simple_meta_storage.h"

namespace leptir {

Result<std::vector<std::optional<Json>>> SimpleMetaStorage::loadMetaInfos(std::span<const std::string> ids) {
  std::vector<std::optional<Json>> records;
  for (const auto& id : ids) {
    auto record = loadMetaInfoById(id);
    if (record) {
      records.emplace_back(std::move(*record));
    } else if (record.error().code() == ErrorCode::NotFound || record.error().code() == ErrorCode::Corrupt) {
      records.emplace_back();
    } else {
      return record.error();
    }
  }
  return records;
}

Result<std::unique_ptr<RecordWatch>> SimpleMetaStorage::watchRecords() {
  return Error(ErrorCode::Unsupported, "this store cannot tell a waiting process that a record was saved");
}

}  // namespace leptir
