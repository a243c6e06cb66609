#include "metrics/read_metrics_table.h"

#include <algorithm>
#include <span>
#include <utility>

#include "metrics/rows.h"

namespace leptir::metrics {
namespace {

constexpr double kMicrosecond = 1e-6;

double seconds(const Counter& microseconds) {
  return static_cast<double>(valueOf(microseconds)) * kMicrosecond;
}

template <std::size_t kBounds>
Histogram<kBounds> read(const HistogramCells<kBounds>& cells) {
  Histogram<kBounds> histogram;
  std::ranges::transform(cells.buckets, histogram.buckets.begin(), valueOf);
  histogram.sum = valueOf(cells.sum);
  return histogram;
}

// A name and its column in the brokers' rows, which change together when the row gets another name. All brokers have
// it, so that the first task of a name at a further broker is an increase of a series that was there.
void readName(const MetricsTable& table, std::size_t row, std::span<const BrokerRow> brokers, Snapshot& snapshot) {
  const auto& cells = table.names[row];
  NameMetrics name;
  std::vector<TaskMetrics> tasks(brokers.size());
  cells.label.lock.read([&] {
    name.name = row == kOtherRow ? kOtherNamesLabel : cells.label.text.load();
    std::ranges::transform(cells.failures, name.failures.begin(), valueOf);
    name.runTime = read(cells.runTime);
    name.queueTime = read(cells.queueTime);
    for (std::size_t i = 0; i < brokers.size(); ++i)
      std::ranges::transform(brokers[i].ends[row], tasks[i].ends.begin(), valueOf);
  });
  for (std::size_t i = 0; i < brokers.size(); ++i) {
    tasks[i].broker = brokers[i].store.label.text.load();
    tasks[i].name = name.name;
    snapshot.tasks.push_back(std::move(tasks[i]));
  }
  snapshot.names.push_back(std::move(name));
}

StoreMetrics readStore(const StoreRow& row, StoreKind kind) {
  StoreMetrics store{.kind = kind, .name = row.label.text.load(), .operations = {}};
  for (std::size_t i = 0; i < kStoreOperations; ++i) {
    const auto& cells = row.operations[i];
    if (valueOf(cells.calls) == 0) continue;
    store.operations.push_back({.operation = static_cast<StoreOperation>(i),
                                .calls = valueOf(cells.calls),
                                .errors = valueOf(cells.errors),
                                .time = read(cells.time)});
  }
  return store;
}

BrokerMetrics readBroker(const BrokerRow& row) {
  BrokerMetrics broker{.name = row.store.label.text.load(),
                       .hasSession = valueOf(row.hasSession) != 0,
                       .inFlight = valueOf(row.inFlight),
                       .unknownNameTasks = valueOf(row.unknownNameTasks),
                       .sessionsLost = valueOf(row.sessionsLost),
                       .renewedAt = seconds(row.renewedAt),
                       .queue = {},
                       .leased = read(row.leased),
                       .settled = read(row.settled)};
  if (valueOf(row.queueCountedAt) != 0)
    broker.queue = {.due = valueOf(row.queueDue),
                    .scheduled = valueOf(row.queueScheduled),
                    .leased = valueOf(row.queueLeased),
                    .buried = valueOf(row.queueBuried),
                    .countedAt = seconds(row.queueCountedAt),
                    .oldestDue = {}};
  if (broker.queue && valueOf(row.queueOldestDue) != 0) broker.queue->oldestDue = seconds(row.queueOldestDue);
  return broker;
}

}  // namespace

void readMetricsTable(const MetricsTable& table, Snapshot& snapshot) {
  const auto brokers = usedBrokerRows(table);
  for (std::size_t row = 0; row < usedNameRows(table).size(); ++row) readName(table, row, brokers, snapshot);
  readName(table, kOtherRow, brokers, snapshot);
  for (const auto& row : brokers) {
    snapshot.brokers.push_back(readBroker(row));
    snapshot.stores.push_back(readStore(row.store, StoreKind::Broker));
  }
  for (const auto& row : usedStorageRows(table)) snapshot.stores.push_back(readStore(row, StoreKind::MetaStorage));
  for (std::size_t kind = 0; kind < kProcessKinds; ++kind) {
    const auto& row = table.processes[kind];
    snapshot.processCounts[kind] = {valueOf(row.starts), valueOf(row.crashes), valueOf(row.kills)};
  }
  snapshot.logLinesDropped = valueOf(table.logLinesDropped);
}

}  // namespace leptir::metrics
