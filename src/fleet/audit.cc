#include "fleet/audit.h"

#include <fmt/format.h>

#include <algorithm>

#include "fleet/fields.h"

namespace leptir::fleet {
namespace {

constexpr std::string_view kAuditKeyPrefix = "audit/";
constexpr std::int64_t kLatest = 9'999'999'999'999'999;  // microseconds: the year 2286

}  // namespace

std::string keyOf(const AuditEntry& entry, std::uint32_t random) {
  const auto at = std::clamp<std::int64_t>(entry.at.time_since_epoch().count(), 0, kLatest);
  return fmt::format("{}{:016}-{:08x}", kAuditKeyPrefix, kLatest - at, random);
}

std::string textOf(const AuditEntry& entry) {
  return writeJson({{"at", unixSeconds(entry.at)},
                    {"by", shortened(entry.by)},
                    {"action", shortened(entry.action)},
                    {"on", shortened(entry.on, kMaxLongTextBytes)},
                    {"changed", entry.changed},
                    {"outcome", shortened(entry.outcome, kMaxLongTextBytes)}});
}

std::optional<AuditEntry> auditEntryOf(const FleetEntry& entry) {
  const auto object = objectIn(entry.value);
  if (!object || !entry.key.starts_with(kAuditKeyPrefix)) return std::nullopt;
  const auto at = timeAt(*object, "at");
  auto by = textAt(*object, "by");
  auto action = textAt(*object, "action");
  auto on = textAt(*object, "on", kMaxLongTextBytes);
  const auto changed = countAt(*object, "changed");
  auto outcome = textAt(*object, "outcome", kMaxLongTextBytes);
  if (!at || !by || !action || !on || !changed || !outcome) return std::nullopt;
  return AuditEntry{*at, *std::move(by), *std::move(action), *std::move(on), *changed, *std::move(outcome)};
}

}  // namespace leptir::fleet
