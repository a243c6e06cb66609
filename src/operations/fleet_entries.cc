#include "operations/fleet_entries.h"

#include <algorithm>
#include <utility>

#include "fleet/pause.h"

namespace leptir::operations {
namespace {

constexpr std::size_t kEntriesPerCall = 100;
constexpr std::size_t kMaxCards = 10'000;
constexpr std::size_t kMaxPauses = 10'000;
constexpr std::string_view kCardKeyPrefix = "instances/";

bool meansNoEntries(const Error& error) {
  return error.code() == ErrorCode::Unsupported || isMissing(error);
}

Result<std::vector<FleetEntry>> listAll(FleetStore& fleet, std::string_view prefix, std::size_t limit) {
  std::vector<FleetEntry> all;
  while (all.size() < limit) {
    const auto wanted = std::min(kEntriesPerCall, limit - all.size());
    auto part = fleet.list(prefix, all.empty() ? "" : std::string(all.back().key), wanted);
    if (!part) return part.error();
    const bool isLast = part->size() < wanted;
    std::ranges::move(*part, std::back_inserter(all));
    if (isLast) break;
  }
  return all;
}

}  // namespace

Result<std::vector<FleetEntry>> fleetEntries(Stores& stores, std::size_t broker, std::string_view prefix,
                                             std::size_t limit) {
  auto entries = askFleet(stores, broker, [&](FleetStore& fleet) { return listAll(fleet, prefix, limit); });
  if (!entries && meansNoEntries(entries.error())) return std::vector<FleetEntry>();
  return entries;
}

Result<std::vector<fleet::InstanceCard>> cardsAt(Stores& stores, std::size_t broker) {
  const auto entries = fleetEntries(stores, broker, kCardKeyPrefix, kMaxCards);
  if (!entries) return entries.error();
  std::vector<fleet::InstanceCard> cards;
  for (const auto& entry : *entries) {
    if (auto card = fleet::instanceCardOf(entry)) cards.push_back(std::move(*card));
  }
  return cards;
}

Result<std::vector<PausedTasks>> pausesAt(Stores& stores, std::size_t broker) {
  const auto entries = fleetEntries(stores, broker, kFleetPauseKeyPrefix, kMaxPauses);
  if (!entries) return entries.error();
  std::vector<PausedTasks> pauses;
  for (const auto& entry : *entries) {
    if (auto pause = fleet::pauseOf(entry))
      pauses.push_back({.name = pause->name, .by = pause->by, .since = pause->since});
  }
  return pauses;
}

}  // namespace leptir::operations
