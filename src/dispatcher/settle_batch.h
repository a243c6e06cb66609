// Tasks of one broker that are settled together: their records are saved first, then their leases are settled, then
// their cells are freed.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "leptir/spi/meta_info.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::dispatcher {

// Names a cell: a slot, and the index of the cell in it.
struct CellRef {
  int slot = 0;
  std::size_t cell = 0;
  friend bool operator==(const CellRef&, const CellRef&) = default;
};

// The core fills it, meta writers save its records, then the feeder of its broker settles the leases.
struct SettleBatch {
  std::uint64_t id = 0;
  std::uint32_t broker = 0;
  std::uint64_t epoch = 0;
  std::vector<MetaInfo> records;
  std::vector<LeaseId> acknowledge;
  std::vector<TaskRelease> release;
  std::vector<TaskBurial> bury;
  std::vector<LeaseId> leaseAgain;    // done last: see BrokerSession::leaseAgain
  std::vector<CellRef> cells;         // release and bury point into their envelopes until the batch is settled
  std::deque<std::string> envelopes;  // of tasks that stand in no cell; a deque, so that views stay valid
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;

  bool empty() const {
    return records.empty() && acknowledge.empty() && release.empty() && bury.empty() && leaseAgain.empty() &&
           cells.empty();
  }
};

}  // namespace leptir::dispatcher
