// Tasks of one broker that are settled together: their records are saved first, then their leases are settled, then
// their cells are freed.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "metrics/counted.h"
#include "report/error_report.h"
#include "settlement/lease_operations.h"
#include "tracing/traced_run.h"

namespace leptir::dispatcher {

// Names a cell: a slot, and the index of the cell in it.
struct CellRef {
  int slot = 0;
  std::size_t cell = 0;
  friend bool operator==(const CellRef&, const CellRef&) = default;
};

// The core fills it, meta writers save its records, then the feeder of its broker settles the leases.
struct SettleBatch : settlement::LeaseOperations {
  std::uint64_t id = 0;
  std::uint32_t broker = 0;
  std::uint64_t epoch = 0;
  std::vector<LeaseId> leaseAgain;    // done last: see BrokerSession::leaseAgain
  std::vector<CellRef> cells;         // release and bury point into their envelopes until the batch is settled
  std::deque<std::string> envelopes;  // of tasks that stand in no cell; a deque, so that views stay valid
  std::vector<report::ErrorReport> errorReports;        // sent once the batch is settled; the stores do not touch them
  std::vector<metrics::SettledTask> settledForMetrics;  // the same
  std::vector<tracing::TracedRun> tracedRuns;           // the same
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;

  bool empty() const {
    return records.empty() && acknowledge.empty() && release.empty() && bury.empty() && leaseAgain.empty() &&
           cells.empty();
  }
};

}  // namespace leptir::dispatcher
