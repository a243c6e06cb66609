// What the dispatcher's main thread counts in the status board, for the metrics.
#pragma once

#include <vector>

#include "broker/broker_factory.h"
#include "dispatcher/core.h"
#include "leptir/clock.h"
#include "leptir/logger.h"
#include "meta/meta_storage_factory.h"
#include "metrics/metrics_table.h"
#include "metrics/rows.h"
#include "metrics/task_counters.h"

namespace leptir::dispatcher {

// Used by the main thread.
class DispatcherMetrics {
 public:
  // Gives each store a row; must be made before the threads of the stores start. `table` must outlive the object.
  DispatcherMetrics(metrics::MetricsTable& table, const std::vector<broker::BrokerFactory>& brokers,
                    const std::vector<meta::MetaStorageFactory>& storages, const std::vector<std::string>& names,
                    BootTime now);

  const metrics::StoreRows& rows() const { return rows_; }
  void count(const std::vector<metrics::SettledTask>& tasks);
  // To be called often; does something once a second.
  void tick(const Core& core, const Logger& logger, BootTime now);

 private:
  void showDroppedLines(const Logger& logger);

  metrics::MetricsTable& table_;
  const metrics::StoreRows rows_;
  metrics::TaskCounters tasks_;
  BootTime tickAt_{};
};

}  // namespace leptir::dispatcher
