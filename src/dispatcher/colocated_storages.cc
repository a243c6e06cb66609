#include "dispatcher/colocated_storages.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "settlement/record_history.h"

namespace leptir::dispatcher {

std::vector<meta::MetaStorageFactory> colocatedWith(const std::string& storeLocation,
                                                    std::span<const meta::MetaStorageFactory> storages) {
  std::vector<meta::MetaStorageFactory> colocated;
  std::ranges::copy_if(storages, std::back_inserter(colocated), [&](const meta::MetaStorageFactory& storage) {
    return meta::isColocated(storage, storeLocation);
  });
  return colocated;
}

ColocatedStorages::ColocatedStorages(std::vector<meta::MetaStorageFactory> factories, RecordUse recordUse,
                                     StoreWarnings& warnings)
    : factories_(std::move(factories)), recordUse_(recordUse), warnings_(warnings) {}

Result<void> ColocatedStorages::open() {
  while (storages_.size() < factories_.size()) {
    const auto& factory = factories_[storages_.size()];
    auto storage = factory.open();
    if (!storage) return storage.error();
    warnings_.log("meta storage " + factory.name, (*storage)->traits().warnings);
    storages_.push_back(std::move(*storage));
  }
  return {};
}

Result<void> ColocatedStorages::save(std::vector<MetaInfo>& records) {
  // With RecordUse::Copy, a meta writer's thread may be reading the same objects now, and saving changes them.
  std::vector<MetaInfo> copies;
  if (recordUse_ == RecordUse::Copy) copies = records;
  auto& own = recordUse_ == RecordUse::Copy ? copies : records;
  for (auto& storage : storages_) {
    if (auto saved = settlement::saveWithHistory(*storage, own); !saved) return saved;
  }
  return {};
}

}  // namespace leptir::dispatcher
