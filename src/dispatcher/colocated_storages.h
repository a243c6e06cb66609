// The required meta storages that lie in the same place as a broker. The broker's feeder saves the records of its tasks
// there itself, right before it settles their leases, without the detour through the thread of a meta writer.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dispatcher/store_thread.h"
#include "dispatcher/store_warnings.h"
#include "leptir/spi/meta_info.h"
#include "meta/meta_storage_factory.h"

namespace leptir::dispatcher {

// Those of `storages` that lie at this place (BrokerFactory::storeLocation).
std::vector<meta::MetaStorageFactory> colocatedWith(const std::string& storeLocation,
                                                    std::span<const meta::MetaStorageFactory> storages);

// Used by the feeder's thread only.
class ColocatedStorages {
 public:
  ColocatedStorages(std::vector<meta::MetaStorageFactory> factories, RecordUse recordUse, StoreWarnings& warnings);

  // Opens those that are not open yet.
  Result<void> open();
  void close() { storages_.clear(); }

  bool empty() const { return factories_.empty(); }
  // Saves the records in all of them. After an error the call can be repeated.
  Result<void> save(std::vector<MetaInfo>& records);

 private:
  std::vector<meta::MetaStorageFactory> factories_;
  RecordUse recordUse_;
  StoreWarnings& warnings_;
  std::vector<std::unique_ptr<SimpleMetaStorage>> storages_;  // of the first factories: those that are open
};

}  // namespace leptir::dispatcher
