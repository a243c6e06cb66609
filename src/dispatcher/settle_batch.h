// Tasks of one broker that are settled together: records first, then the operations on their leases, then their cells
// are freed.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "leptir/meta_info.h"
#include "leptir/simple_broker.h"

namespace leptir {

// One use of one cell.
struct CellRef {
  int slot = 0;
  std::size_t cell = 0;
  friend bool operator==(const CellRef&, const CellRef&) = default;
};

// Built by the core, then handed from a meta writer to a feeder; one thread at a time looks at the lists.
struct SettleBatch {
  std::uint64_t id = 0;
  std::uint32_t broker = 0;
  std::uint64_t epoch = 0;
  std::vector<MetaInfo> records;
  std::vector<LeaseId> acknowledge;
  std::vector<Released> release;
  std::vector<Buried> bury;
  std::vector<CellRef> cells;         // whose envelopes the views above point into, until the batch is settled
  std::deque<std::string> envelopes;  // of tasks that stand in no cell; a deque, so that views stay
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;

  bool empty() const {
    return records.empty() && acknowledge.empty() && release.empty() && bury.empty() && cells.empty();
  }
};

}  // namespace leptir
