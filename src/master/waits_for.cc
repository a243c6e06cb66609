#include "master/waits_for.h"

#include <fmt/format.h>

namespace leptir::master {
namespace {

constexpr std::size_t kMaxNames = 5;

std::string brokersText(const std::vector<std::string>& names) {
  if (names.size() == 1) return "broker " + names.front();
  if (names.size() <= kMaxNames) return fmt::format("brokers {}", fmt::join(names, ", "));
  return fmt::format("brokers {} and {} others", fmt::join(names.begin(), names.begin() + kMaxNames, ", "),
                     names.size() - kMaxNames);
}

std::string waitsForWhileStopping(const InstanceView& view) {
  if (view.runningTasks == 1) return "1 running task";
  if (view.runningTasks > 1) return std::to_string(view.runningTasks) + " running tasks";
  return view.dispatcherWorks ? "the last results to be stored" : "the dispatcher, which cannot be started";
}

}  // namespace

link::InstanceState stateOf(const InstanceView& view) {
  if (view.stopping) return link::InstanceState::Stopping;
  if (view.brokersWithoutSession.empty() && view.dispatcherWorks && view.anyWorkerReady && !view.drained)
    return link::InstanceState::Running;
  return view.hasBeenReady ? link::InstanceState::Waiting : link::InstanceState::Starting;
}

std::string waitsFor(const InstanceView& view) {
  if (view.stopping) return waitsForWhileStopping(view);
  if (!view.dispatcherWorks) return "the dispatcher, which makes no progress (the log says why)";
  if (!view.brokersWithoutSession.empty()) return brokersText(view.brokersWithoutSession);
  if (!view.anyWorkerReady) return "a worker to become ready";
  return view.drained ? "an order to resume (it was drained)" : "";
}

}  // namespace leptir::master
