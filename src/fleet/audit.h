// The audit trail of a queue: what operators did, and when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "leptir/clock.h"
#include "leptir/spi/fleet_store.h"

namespace leptir::fleet {

inline constexpr Duration kAuditLifetime = std::chrono::hours(24 * 90);

struct AuditEntry {
  Time at{};
  std::string by{};      // user@host
  std::string action{};  // cancel, revive, delete, run-now, reschedule, again, pause, resume, stop, drain, …
  std::string on{};      // ids, a filter, a task name or an instance, as text
  std::uint64_t changed = 0;
  std::string outcome{};  // empty: done; else why not, or how far it came

  friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

// `audit/<9999999999999999 - microseconds, 16 digits>-<random, 8 hex digits>`: FleetStore::list gives the newest first.
std::string keyOf(const AuditEntry& entry, std::uint32_t random);
std::string textOf(const AuditEntry& entry);
std::optional<AuditEntry> auditEntryOf(const FleetEntry& entry);

}  // namespace leptir::fleet
