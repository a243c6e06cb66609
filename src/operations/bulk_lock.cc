#include "operations/bulk_lock.h"

#include <fmt/format.h>

#include "base/escape.h"
#include "leptir/json.h"
#include "operations/process_text.h"

namespace leptir::operations {
namespace {

bool storeHasNoLocks(const Error& error) {
  return error.code() == ErrorCode::Unsupported || isMissing(error);
}

// "ann@web1 (pid 4711 at web1)"
std::string nameOfOwner(const std::string& text) {
  const auto owner = parseJson(text);
  if (!owner || !owner->is_object()) return base::escaped(text);  // of an earlier version: user@host
  return base::escaped(
      fmt::format("{} (pid {} at {})", textMember(*owner, "by"), pidMember(*owner), textMember(*owner, "host")));
}

}  // namespace

BulkLock::BulkLock(Stores& stores, std::size_t broker, TaskAction::Kind kind)
    : stores_(stores),
      broker_(broker),
      key_(fmt::format("bulk/{}-lock", nameOf(kind))),
      ownLock_(textOfThisProcess(stores.by)) {}

Result<void> BulkLock::lock() {
  for (const bool mayTakeOver : {true, false}) {
    const auto locked = askFleet(
        stores_, broker_, [&](FleetStore& fleet) { return fleet.putIfAbsent(key_, ownLock_, kBulkLockLifetime); });
    if (!locked && storeHasNoLocks(locked.error())) return {};
    if (!locked) return locked.error();
    if (*locked) return {};
    const auto other = holder();
    if (!other) return other.error();
    if (!mayTakeOver || !isOfDeadProcess(*other)) return lostTo(*other);
    const auto erased = askFleet(stores_, broker_, [&](FleetStore& fleet) { return fleet.erase(key_); });
    if (!erased) return erased.error();
  }
  return {};
}

Result<void> BulkLock::prolong() {
  const auto now = holder();
  if (!now && storeHasNoLocks(now.error())) return {};
  if (!now) return now.error();
  if (!now->empty() && *now != ownLock_) return lostTo(*now);
  return askFleet(stores_, broker_, [&](FleetStore& fleet) { return fleet.put(key_, ownLock_, kBulkLockLifetime); });
}

Result<void> BulkLock::unlock() {
  const auto now = holder();
  if (!now && storeHasNoLocks(now.error())) return {};
  if (!now) return now.error();
  if (*now != ownLock_) return {};
  const auto erased = askFleet(stores_, broker_, [&](FleetStore& fleet) { return fleet.erase(key_); });
  return erased ? Result<void>() : erased.error();
}

// Empty: no process holds the lock.
Result<std::string> BulkLock::holder() {
  auto text = askFleet(stores_, broker_, [&](FleetStore& fleet) { return fleet.get(key_); });
  if (!text && isMissing(text.error())) return std::string();
  return text;
}

Error BulkLock::lostTo(const std::string& holder) const {
  return {ErrorCode::Lost, fmt::format("{} does the same right now, so nothing was done; try again in {} s",
                                       holder.empty() ? "another operator" : nameOfOwner(holder),
                                       kBulkLockLifetime / std::chrono::seconds(1))};
}

}  // namespace leptir::operations
