// Reads the metrics of an instance: what its processes have counted in the status board, and what the kernel says of
// these processes.
#pragma once

#include <filesystem>

#include "leptir/clock.h"
#include "leptir/result.h"
#include "link/status_board.h"
#include "metrics/snapshot.h"

namespace leptir::link {

// For a process of the instance, which has the board mapped. No lock: the values are of about one moment. Any thread.
metrics::Snapshot metricsOf(const StatusBoard& board, const Clock& clock);

// For another process: reads the board that is found by this file. Errors: those of StatusBoard::read.
Result<metrics::Snapshot> readMetrics(const std::filesystem::path& boardFile, const Clock& clock);

}  // namespace leptir::link
