// Copies what was counted out of the shared memory.
#pragma once

#include "metrics/page.h"
#include "metrics/snapshot.h"

namespace leptir::metrics {

// Sets tasks, names, brokers, stores, processCounts and logLinesDropped of the snapshot. Any process.
void readPage(const Page& page, Snapshot& snapshot);

}  // namespace leptir::metrics
