// The operations of settlements on records and leases, gathered for one store.
#pragma once

#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/spi/broker_session.h"
#include "leptir/spi/meta_info.h"
#include "settlement/held_task.h"
#include "settlement/settlement.h"

namespace leptir::settlement {

// The records are saved before the leases are settled.
struct LeaseOperations {
  std::vector<MetaInfo> records{};
  std::vector<LeaseId> acknowledge{};
  std::vector<TaskRelease> release{};
  std::vector<TaskBurial> bury{};

  // Adds what the settlement means for the store of the task; moves the record and the reason out of it. `envelope`
  // must stay where it is until the operations are done.
  void add(const HeldTask& task, Settlement& settlement, std::string_view envelope, Time now);
};

}  // namespace leptir::settlement
