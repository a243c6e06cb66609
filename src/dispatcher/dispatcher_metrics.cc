#include "dispatcher/dispatcher_metrics.h"

#include <string>

#include "leptir/task_registry.h"

namespace leptir::dispatcher {
namespace {

constexpr Duration kTickEvery = std::chrono::seconds(1);

template <class Factory>
std::vector<std::string> namesOf(const std::vector<Factory>& factories) {
  std::vector<std::string> names;
  for (const auto& factory : factories) names.push_back(factory.name);
  return names;
}

}  // namespace

DispatcherMetrics::DispatcherMetrics(metrics::Page& page, const std::vector<broker::BrokerFactory>& brokers,
                                     const std::vector<meta::MetaStorageFactory>& storages,
                                     const std::vector<std::string>& names, BootTime now)
    : page_(page),
      rows_{.brokers = metrics::claimBrokerRows(page, namesOf(brokers)),
            .storages = metrics::claimStorageRows(page, namesOf(storages))},
      tasks_(page, rows_.brokers, names, now) {
  metrics::forgetOtherBrokers(page, rows_.brokers);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!isTestTask(names[i])) tasks_.showFromNowOn(static_cast<std::uint32_t>(i) + 1);
  }
}

void DispatcherMetrics::count(const std::vector<metrics::SettledTask>& tasks) {
  for (const auto& task : tasks) tasks_.count(task);
}

void DispatcherMetrics::tick(const Core& core, const Logger& logger, BootTime now) {
  if (now < tickAt_) return;
  tickAt_ = now + kTickEvery;
  tasks_.findIdleNames(now);
  showDroppedLines(logger);
  const auto inFlight = core.tasksInFlight();
  for (std::uint32_t broker = 0; broker < inFlight.size(); ++broker) {
    auto* const row = rows_.brokers[broker];
    if (row == nullptr) continue;
    metrics::set(row->inFlight, inFlight[broker]);
    metrics::set(row->unknownNames, core.tasksOfUnknownNames(broker, now));
  }
}

// The sinks count from zero again when a reload has exchanged them.
void DispatcherMetrics::showDroppedLines(const Logger& logger) {
  const std::uint64_t dropped = logger.dropped();
  const auto seen = metrics::valueOf(page_.logLinesDroppedSeen);
  metrics::addAsOnlyWriter(page_.logLinesDropped, dropped >= seen ? dropped - seen : dropped);
  metrics::set(page_.logLinesDroppedSeen, dropped);
}

}  // namespace leptir::dispatcher
