// All configured meta storages behind one door, for commands and applications. (The dispatcher gives each storage a
// writer of its own.)
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "leptir/simple_meta_storage.h"

namespace leptir {

// One thread at a time.
class MetaStorage {
 public:
  struct Entry {
    std::string name{};
    std::unique_ptr<SimpleMetaStorage> storage;
  };

  explicit MetaStorage(std::vector<Entry> storages) : storages_(std::move(storages)) {}

  // Into each. The first error, after all were tried.
  Result<void> saveMetaInfo(std::span<const MetaInfo> records);
  // From the first that has it. NotFound: none has; another error only if no storage could answer.
  Result<Json> loadMetaInfoById(std::string_view id);
  // From the first that can list.
  Result<std::vector<Json>> listMetaInfo(const MetaFilter& filter, Page page);

  const std::vector<Entry>& storages() const { return storages_; }

 private:
  std::vector<Entry> storages_;
};

}  // namespace leptir
