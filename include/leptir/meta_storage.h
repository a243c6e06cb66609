// MetaStorage: one interface to all meta storages of a configuration, for commands and applications. The dispatcher
// does not use it: it has a writer thread for each storage.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/json.h"
#include "leptir/meta_filter.h"
#include "leptir/page.h"
#include "leptir/store_access.h"

namespace leptir {

class SimpleMetaStorage;  // leptir/spi/simple_meta_storage.h
struct MetaInfo;          // leptir/spi/meta_info.h

// Any thread may use a MetaStorage; it lets one thread at a time use each store. It opens a store at the first call
// that needs the store, in the calling process; after a failure the next call tries again.
class MetaStorage {
 public:
  struct Entry {
    std::string name{};
    std::function<Result<std::unique_ptr<SimpleMetaStorage>>()> open{};  // one thread at a time calls it
  };

  explicit MetaStorage(std::vector<Entry> storages);
  ~MetaStorage();
  MetaStorage(MetaStorage&&) noexcept;
  MetaStorage& operator=(MetaStorage&&) noexcept;

  // Saves the records in every storage. After an error it tries the remaining storages, and then returns the first
  // error.
  Result<void> saveMetaInfo(std::span<const MetaInfo> records);
  // Returns the record from the first storage that has it. NotFound: a storage answered, and no storage has the record.
  // Another error: no storage could answer.
  Result<Json> loadMetaInfoById(std::string_view id);

  // Returns the records of many tasks, in the order of `ids`, each from the first storage that has it; nullopt for a
  // record that no storage has, or that is no JSON. An error: no storage could answer.
  Result<std::vector<std::optional<Json>>> loadMetaInfos(std::span<const std::string> ids);

  // A list of records, from the first storage that can list them.
  struct Listing {
    std::vector<Json> records{};
    bool listsSuccesses = true;  // false: this storage does not list records of successful tasks
  };
  // NotFound: the storages were opened with MetaUse::Inspect, and none of them exists yet. Unsupported: no storage can
  // list records. Another error: of the first storage that could not be used, if no storage has answered.
  Result<Listing> listMetaInfo(const MetaFilter& filter, Page page);

  // The number of storages. They are indexed in the order of the configuration.
  std::size_t size() const { return storages_.size(); }
  const std::string& name(std::size_t index) const;
  using Access = StoreAccess<SimpleMetaStorage>;
  // Locks a store, and opens it first where necessary. Unavailable: it cannot be opened, for any reason. NotFound: the
  // storages were opened with MetaUse::Inspect, and the store does not exist yet.
  Result<Access> access(std::size_t index);

 private:
  struct LazyStorage;

  std::vector<std::unique_ptr<LazyStorage>> storages_;
};

}  // namespace leptir
