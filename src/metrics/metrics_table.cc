#include "metrics/metrics_table.h"

#include <span>

namespace leptir::metrics {
namespace {

void clear(std::span<Counter> counters) {
  for (auto& counter : counters) set(counter, 0);
}

template <std::size_t kBounds>
void clear(HistogramCells<kBounds>& histogram) {
  set(histogram.sum, 0);
  clear(std::span(histogram.buckets));
}

}  // namespace

void NameRow::clear() {
  metrics::clear(failures);
  metrics::clear(runTime);
  metrics::clear(queueTime);
}

void StoreRow::clear() {
  for (auto& operation : operations) {
    set(operation.calls, 0);
    set(operation.errors, 0);
    metrics::clear(operation.time);
  }
}

void BrokerRow::clear() {
  store.clear();
  for (auto* counter : {&hasSession, &sessionsLost, &renewedAt, &queueCountedAt, &queueDue, &queueScheduled,
                        &queueLeased, &queueBuried, &queueOldestDue, &inFlight, &unknownNameTasks})
    set(*counter, 0);
  metrics::clear(leased);
  metrics::clear(settled);
  for (auto& ofName : ends) metrics::clear(ofName);
}

}  // namespace leptir::metrics
