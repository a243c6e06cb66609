#include "backends/memory/memory_fleet.h"

#include "base/saturated.h"
#include "broker/fleet_rules.h"

namespace leptir::memory {

Result<void> MemoryFleet::put(std::string_view key, std::string_view value, std::optional<Duration> lifetime) {
  if (auto fine = broker::checkFleetEntry(key, value); !fine) return fine;
  const std::lock_guard lock(mutex_);
  store(key, value, lifetime);
  return {};
}

Result<bool> MemoryFleet::putIfAbsent(std::string_view key, std::string_view value, std::optional<Duration> lifetime) {
  if (auto fine = broker::checkFleetEntry(key, value); !fine) return fine.error();
  const std::lock_guard lock(mutex_);
  removeExpired();
  if (texts_.contains(key)) return false;
  store(key, value, lifetime);
  return true;
}

Result<bool> MemoryFleet::erase(std::string_view key) {
  const std::lock_guard lock(mutex_);
  removeExpired();
  const auto found = texts_.find(key);
  if (found == texts_.end()) return false;
  texts_.erase(found);
  version_ += broker::changesFleetVersion(key) ? 1 : 0;
  return true;
}

Result<std::string> MemoryFleet::get(std::string_view key) {
  const std::lock_guard lock(mutex_);
  removeExpired();
  const auto found = texts_.find(key);
  if (found == texts_.end()) return broker::noSuchFleetEntry(key);
  return found->second.value;
}

Result<std::vector<FleetEntry>> MemoryFleet::list(std::string_view prefix, std::string_view after, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  removeExpired();
  std::vector<FleetEntry> listed;
  auto next = after < prefix ? texts_.lower_bound(prefix) : texts_.upper_bound(after);
  for (; next != texts_.end() && next->first.starts_with(prefix) && listed.size() < limit; ++next)
    listed.push_back({next->first, next->second.value});
  return listed;
}

Result<std::uint64_t> MemoryFleet::version() {
  const std::lock_guard lock(mutex_);
  return version_;
}

void MemoryFleet::removeExpired() {
  std::erase_if(texts_, [now = clock_->now()](const auto& text) { return text.second.end <= now; });
}

void MemoryFleet::store(std::string_view key, std::string_view value, std::optional<Duration> lifetime) {
  const auto end = lifetime ? base::saturatedAdd(clock_->now(), *lifetime) : Time::max();
  texts_.insert_or_assign(std::string(key), Text{std::string(value), end});
  version_ += broker::changesFleetVersion(key) ? 1 : 0;
}

}  // namespace leptir::memory
