#include "master/waits_for.h"

#include <fmt/format.h>

namespace leptir {
namespace {

constexpr std::size_t kMostNames = 5;

std::string brokersText(const std::vector<std::string>& names) {
  if (names.size() == 1) return "broker " + names.front();
  if (names.size() <= kMostNames) return fmt::format("brokers {}", fmt::join(names, ", "));
  return fmt::format("brokers {} and {} others", fmt::join(names.begin(), names.begin() + kMostNames, ", "),
                     names.size() - kMostNames);
}

std::string whileStopping(const InstanceView& view) {
  if (view.runningTasks == 1) return "1 running task";
  if (view.runningTasks > 1) return std::to_string(view.runningTasks) + " running tasks";
  return view.dispatcherWorks ? "the last results to be stored" : "the dispatcher, which cannot be started";
}

}  // namespace

InstanceState stateOf(const InstanceView& view) {
  if (view.stopping) return InstanceState::Stopping;
  if (view.brokersAway.empty() && view.dispatcherWorks && view.anyWorkerReady) return InstanceState::Running;
  return view.wasReady ? InstanceState::Waiting : InstanceState::Starting;
}

std::string waitsFor(const InstanceView& view) {
  if (view.stopping) return whileStopping(view);
  if (!view.dispatcherWorks) return "the dispatcher, which makes no progress (the log says why)";
  if (!view.brokersAway.empty()) return brokersText(view.brokersAway);
  return view.anyWorkerReady ? "" : "a worker to become ready";
}

}  // namespace leptir
