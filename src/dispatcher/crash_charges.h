// Finds the task that crashed dispatchers. After crashes the dispatcher leases one task at a time; a lease that stood
// in no cell at the next crash is presumed to have caused it, and its task is charged with it.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "dispatcher/broker_sessions.h"
#include "dispatcher/core_options.h"
#include "dispatcher/settle_batches.h"
#include "dispatcher/step.h"

namespace leptir::dispatcher {

class CrashCharges {
 public:
  // All must outlive the object.
  CrashCharges(const CoreOptions& options, const BrokerSessions& sessions, SettleBatches& batches);

  // The task stood in a cell at the crash, although its lease stands in none now.
  void exempt(const settlement::HeldTask& task);
  // Whether the last crash is charged to a lease that the store lists, but that is not held here.
  bool isCharged(std::uint32_t broker, const LeaseId& lease) const;
  // Charges the crash: the task waits longer each time, and is buried at the third.
  void charge(std::uint32_t broker, LeasedTask leased, Step& step);

  // The leases that the store lists have been compared with those held here (or the store cannot list any). Leases that
  // appear later were not held at the crash.
  void noteCompared(std::uint32_t broker) { brokers_[broker] = {.isCompared = true}; }
  bool isCompared(std::uint32_t broker) const { return brokers_[broker].isCompared; }

 private:
  struct BrokerCharges {
    bool isCompared = false;
    bool chargesLastCrash = false;
    std::set<LeaseId> exempt{};
  };

  const CoreOptions& options_;
  const BrokerSessions& sessions_;
  SettleBatches& batches_;
  std::vector<BrokerCharges> brokers_;
};

}  // namespace leptir::dispatcher
