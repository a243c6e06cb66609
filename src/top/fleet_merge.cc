#include "top/fleet_merge.h"

#include <algorithm>
#include <map>
#include <utility>

namespace leptir::top {
namespace {

bool hasNewerCard(const InstanceView& a, const InstanceView& b) {
  return a.hasCard != b.hasCard ? a.hasCard : a.lastSeen > b.lastSeen;
}

// Adds from the other store's view of the same instance what each store knows only of its own tasks.
void addTo(InstanceView& view, const InstanceView& other) {
  for (const auto& broker : other.brokers) {
    if (std::ranges::count(view.brokers, broker) == 0) view.brokers.push_back(broker);
  }
  view.leased += other.leased;
  view.runningTasks += other.runningTasks;
  view.running.insert(view.running.end(), other.running.begin(), other.running.end());
  view.paused = view.paused || other.paused;
  view.renewed = std::max(view.renewed, other.renewed);
  if (other.expiresIn && (!view.expiresIn || *other.expiresIn < *view.expiresIn)) view.expiresIn = other.expiresIn;
}

}  // namespace

std::vector<InstanceView> mergedFleet(const std::vector<FleetView>& views) {
  std::map<std::string, InstanceView> merged;
  for (const auto& view : views) {
    for (const auto& instance : view.instances) {
      const auto [known, isNew] = merged.try_emplace(instance.instance, instance);
      if (isNew) continue;
      auto newest = hasNewerCard(instance, known->second) ? instance : known->second;
      addTo(newest, hasNewerCard(instance, known->second) ? known->second : instance);
      known->second = std::move(newest);
    }
  }
  std::vector<InstanceView> fleet;
  for (auto& [instance, view] : merged) fleet.push_back(std::move(view));
  std::ranges::stable_sort(fleet, {}, [](const InstanceView& view) { return std::pair(view.host, view.pid); });
  return fleet;
}

}  // namespace leptir::top
