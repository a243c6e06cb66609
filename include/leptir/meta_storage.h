// MetaStorage: one interface to all configured meta storages, for commands and applications. The dispatcher does not
// use it: it has a writer thread for each storage.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "leptir/spi/simple_meta_storage.h"

namespace leptir {

// Only one thread at a time may use it.
class MetaStorage {
 public:
  struct Entry {
    std::string name{};
    std::unique_ptr<SimpleMetaStorage> storage;
  };

  explicit MetaStorage(std::vector<Entry> storages) : storages_(std::move(storages)) {}

  // Saves the records in every storage. After an error it tries the remaining storages, and then returns the first
  // error.
  Result<void> saveMetaInfo(std::span<const MetaInfo> records);
  // Returns the record from the first storage that has it. NotFound: a storage answered, and no storage has the record.
  // Another error: no storage could answer.
  Result<Json> loadMetaInfoById(std::string_view id);
  // Lists the records of the first storage that can list records.
  Result<std::vector<Json>> listMetaInfo(const MetaFilter& filter, Page page);

  const std::vector<Entry>& storages() const { return storages_; }

 private:
  std::vector<Entry> storages_;
};

}  // namespace leptir
