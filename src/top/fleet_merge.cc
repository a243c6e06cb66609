#include "top/fleet_merge.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace leptir::top {
namespace {

bool hasNewerCard(const InstanceView& a, const InstanceView& b) {
  return a.hasCard != b.hasCard ? a.hasCard : a.lastSeen > b.lastSeen;
}

// Takes over what the other view tells of the tasks of one broker, if that broker's own store has told it. Of stores
// that have not answered, the card that was written last tells everything, and that is the card of `view`.
void addRunningTasks(InstanceView& view, const InstanceView& other, const RunningAtBroker& at) {
  const auto known = std::ranges::find(view.runningAt, at.broker, &RunningAtBroker::broker);
  const bool isNew = known == view.runningAt.end();
  if (!at.isFromOwnStore || (!isNew && known->isFromOwnStore)) return;
  if (!isNew) {
    std::erase_if(view.running, [&](const RunningTask& task) { return task.broker == at.broker; });
    view.runningTasks -= known->tasks;
    view.runningAt.erase(known);
  }
  std::ranges::copy_if(other.running, std::back_inserter(view.running),
                       [&](const RunningTask& task) { return task.broker == at.broker; });
  view.runningTasks += at.tasks;
  view.runningAt.push_back(at);
}

// Takes over from the other view what each store tells of its own tasks alone.
void mergeInto(InstanceView& view, const InstanceView& other) {
  for (const auto& broker : other.brokers) {
    if (std::ranges::count(view.brokers, broker) == 0) view.brokers.push_back(broker);
  }
  view.leased += other.leased;
  for (const auto& at : other.runningAt) addRunningTasks(view, other, at);
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
      mergeInto(newest, hasNewerCard(instance, known->second) ? known->second : instance);
      known->second = std::move(newest);
    }
  }
  std::vector<InstanceView> fleet;
  for (auto& [instance, view] : merged) fleet.push_back(std::move(view));
  std::ranges::stable_sort(fleet, {}, [](const InstanceView& view) { return std::pair(view.host, view.pid); });
  return fleet;
}

}  // namespace leptir::top
