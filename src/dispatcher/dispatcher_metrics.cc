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

DispatcherMetrics::DispatcherMetrics(metrics::MetricsTable& table, const std::vector<broker::BrokerFactory>& brokers,
                                     const std::vector<meta::MetaStorageFactory>& storages,
                                     const std::vector<std::string>& names, BootTime now)
    : table_(table),
      rows_{.brokers = metrics::claimBrokerRows(table, namesOf(brokers)),
            .storages = metrics::claimStorageRows(table, namesOf(storages))},
      tasks_(table, rows_.brokers, names, now) {
  metrics::resetGaugesOfRemovedBrokers(table, rows_.brokers);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!isTestTask(names[i])) tasks_.initializeSeries(static_cast<std::uint32_t>(i) + 1);
  }
}

void DispatcherMetrics::count(const std::vector<metrics::SettledTask>& tasks) {
  for (const auto& task : tasks) tasks_.count(task);
}

void DispatcherMetrics::tick(const Core& core, const Logger& logger, BootTime now) {
  if (now < tickAt_) return;
  tickAt_ = now + kTickEvery;
  tasks_.updateIdleRows(now);
  showDroppedLines(logger);
  const auto inFlight = core.tasksInFlight();
  for (std::uint32_t broker = 0; broker < inFlight.size(); ++broker) {
    auto* const row = rows_.brokers[broker];
    if (row == nullptr) continue;
    metrics::set(row->inFlight, inFlight[broker]);
    metrics::set(row->unknownNameTasks, core.tasksOfUnknownNames(broker, now));
  }
}

// The sinks count from zero again when a reload has exchanged them.
void DispatcherMetrics::showDroppedLines(const Logger& logger) {
  const std::uint64_t dropped = logger.dropped();
  const auto seen = metrics::valueOf(table_.sinkDropsLastRead);
  metrics::addAsOnlyWriter(table_.logLinesDropped, dropped >= seen ? dropped - seen : dropped);
  metrics::set(table_.sinkDropsLastRead, dropped);
}

}  // namespace leptir::dispatcher
