// Records: each is a file in the folder records/ (simple_meta_storage.h).
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "folder_lock.h"
#include "leptir/clock.h"
#include "leptir/spi/simple_meta_storage.h"
#include "numbers.h"
#include "stored_files.h"

namespace folder {

class FolderMetaStorage final : public leptir::SimpleMetaStorage {
 public:
  // `clock` must outlive the object.
  FolderMetaStorage(std::filesystem::path path, std::optional<Duration> expireAfter, const leptir::Clock& clock);

  Result<void> saveMetaInfo(std::span<const leptir::MetaInfo> records) override;
  Result<Json> loadMetaInfoById(std::string_view id) override;
  Result<std::vector<Json>> listMetaInfo(const leptir::MetaFilter& filter, leptir::Page page) override;
  Result<std::size_t> expire() override;
  leptir::MetaTraits traits() const override { return traitsOfAll(); }
  static leptir::MetaTraits traitsOfAll();

 private:
  Result<void> save(const leptir::MetaInfo& record, std::uint64_t number);
  bool hasExpired(const StoredRecord& record) const;

  const std::filesystem::path path_;
  const std::optional<Duration> expireAfter_;
  const leptir::Clock& clock_;
  const Numbers numbers_;
  StoredFiles<StoredRecord> records_;
};

}  // namespace folder
