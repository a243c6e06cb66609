// What all processes of a simulated world share: clock, dice, stores, and the ledger of what happened.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "leptir/clock.h"
#include "tests/simulator/dice.h"
#include "tests/simulator/ledger.h"

namespace leptir::simulator {

// What operators have paused, as it stands in the store of the queue.
struct SimPauses {
  bool queue = false;
  std::vector<std::string> names{};
  std::uint64_t version = 1;
};

struct SimEnvironment {
  ManualClock clock{};
  Dice dice;
  Records records;
  int colocated;                 // number of storages in the same place as the broker
  std::uint32_t maxRunning = 1;  // of the task name "few"
  bool calm = false;             // no more faults
  SimPauses pauses{};
  WatchedQueue queue{clock, records};
  Ledger ledger{queue};
  std::deque<std::pair<memory::MemoryQueue::SessionNumber, LeaseId>> leases;  // the last 500, for late operations
};

}  // namespace leptir::simulator
