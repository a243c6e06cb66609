// Writes the audit trail.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "operations/stores.h"

namespace leptir::operations {

// What an action did at one broker.
struct ActionAtBroker {
  std::string_view action{};  // cancel, pause, …
  std::string on{};           // ids, a selection, a task name or an instance
  std::uint64_t changed = 0;
  std::string outcome{};  // empty: done
};

// Writes an entry into the store of this broker. A store without a FleetStore keeps none, which is no error.
Result<void> writeAuditEntry(Stores& stores, std::size_t broker, const ActionAtBroker& action);

// "a, b and 998 more".
std::string idsAsText(const std::vector<std::string>& ids);

}  // namespace leptir::operations
