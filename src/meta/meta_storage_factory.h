// A configured meta storage that is not open yet, with the function that opens it; see BrokerFactory.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "leptir/spi/simple_meta_storage.h"

namespace leptir::meta {

struct MetaStorageFactory {
  std::string name;
  bool required = true;
  std::string storeLocation;  // with the type of the store; see Backend::storeLocation
  std::function<Result<std::unique_ptr<SimpleMetaStorage>>()> open;
};

// Whether the thread of a broker saves the records of the broker's tasks in this storage itself: only if the storage is
// required and lies in the same store.
inline bool isColocated(const MetaStorageFactory& storage, const std::string& brokersLocation) {
  return storage.required && !brokersLocation.empty() && storage.storeLocation == brokersLocation;
}

}  // namespace leptir::meta
