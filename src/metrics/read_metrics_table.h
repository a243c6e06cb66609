// Copies what was counted out of the shared memory.
#pragma once

#include "metrics/metrics_table.h"
#include "metrics/snapshot.h"

namespace leptir::metrics {

// Sets tasks, names, brokers, stores, processCounts and logLinesDropped of the snapshot. Any process.
void readMetricsTable(const MetricsTable& table, Snapshot& snapshot);

}  // namespace leptir::metrics
