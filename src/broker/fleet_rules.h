// The rules of FleetStore that every backend shares.
#pragma once

#include <string_view>

#include "leptir/result.h"
#include "leptir/spi/fleet_store.h"

namespace leptir::broker {

// Invalid: the key or the value breaks the rules of fleet_store.h.
Result<void> checkFleetEntry(std::string_view key, std::string_view value);

// Whether a change of the text under this key changes FleetStore::version().
inline bool changesFleetVersion(std::string_view key) {
  return key.starts_with(kFleetOrderKeyPrefix) || key.starts_with(kFleetPauseKeyPrefix);
}

inline Error noSuchFleetEntry(std::string_view key) {
  return Error(ErrorCode::NotFound, "the store has no text named '" + std::string(key.substr(0, 100)) + "'");
}

}  // namespace leptir::broker
