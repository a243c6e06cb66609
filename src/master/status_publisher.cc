#include "master/status_publisher.h"

#include <unistd.h>

namespace leptir::master {

void StatusPublisher::openNotifier() {
  notifier_ = ServiceNotifier::fromEnvironment(::getpid());
}

InstanceView StatusPublisher::view(BootTime now, bool stopping) const {
  InstanceView view{.hasBeenReady = hasBeenReady_, .stopping = stopping};
  const auto away = context_.link.page().brokersWithoutSession.load();
  for (std::size_t i = 0; i < base::kMaxBrokers; ++i) {
    if ((away >> i & 1) == 0) continue;
    const auto& names = context_.options.brokerNames;
    view.brokersWithoutSession.push_back(i < names.size() ? names[i] : "number " + std::to_string(i));
  }
  view.dispatcherWorks = dispatcher_.makesProgress(now) && !dispatcher_.cannotStart();
  view.anyWorkerReady = workers_.anyReady();
  view.runningTasks = workers_.runningTasks();
  view.drained = context_.link.page().drained != 0;
  return view;
}

void StatusPublisher::publish(BootTime now, bool stopping) {
  const auto seen = view(now, stopping);
  const bool ready = stateOf(seen) == link::InstanceState::Running;
  hasBeenReady_ |= ready;
  context_.board.setState(stateOf(seen), waitsFor(seen));
  context_.board.setWorkers(workers_.slotsInUse());
  context_.board.setErrorReportsEnabled(context_.options.reportsErrors);
  notifier_.notify({.ready = ready, .stopping = stopping, .working = dispatcher_.makesProgress(now)}, now);
}

}  // namespace leptir::master
