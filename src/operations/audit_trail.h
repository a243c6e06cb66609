// Writes the audit trail.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "leptir/clock.h"
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

// The entry of an action that takes long. It stands in the trail from the first change on, so that an action whose
// process is killed stands there too; end() writes it again with what was done.
class AuditOfAction {
 public:
  AuditOfAction(Stores& stores, std::size_t broker, std::string_view action, std::string on);

  // Before each change: the first call writes the entry. After an error nothing may be changed.
  Result<void> begin();
  // Writes the entry with what was done. Writes nothing if begin() failed, or if nothing was begun, changed or failed.
  Result<void> end(std::uint64_t changed, const std::string& outcome);

 private:
  Result<void> write(std::uint64_t changed, const std::string& outcome, std::string_view failure);

  Stores& stores_;
  const std::size_t broker_;
  const std::string_view action_;
  const std::string on_;
  const Time at_;
  const std::uint32_t random_;
  bool hasBegun_ = false, cannotBegin_ = false;
};

// A store keeps so many entries, the newest. One put in kAuditPutsPerTrim removes what is beyond them, so there may be
// some hundreds more.
inline constexpr std::size_t kMaxAuditEntries = 10'000;
inline constexpr std::uint32_t kAuditPutsPerTrim = 256;
// Removes the entries that are older than the newest `most`, at most 1,000 of them.
Result<void> trimAuditTrail(Stores& stores, std::size_t broker, std::size_t most = kMaxAuditEntries);

// "a, b and 998 more".
std::string idsAsText(const std::vector<std::string>& ids);

}  // namespace leptir::operations
