// Tells each broker how many more tasks it may lease: as many as the slots can take soon, or, after crashes of the
// dispatcher, one at a time.
#pragma once

#include <cstdint>
#include <optional>

#include "dispatcher/broker_sessions.h"
#include "dispatcher/crash_charges.h"
#include "dispatcher/limited_names.h"
#include "dispatcher/settle_batches.h"
#include "dispatcher/slot_tracker.h"
#include "dispatcher/step.h"
#include "dispatcher/task_stock.h"

namespace leptir::dispatcher {

class LeaseCredit {
 public:
  // What the object uses of the core. All must outlive it.
  struct Uses {
    const BrokerSessions& sessions;
    const SlotTracker& slots;
    const TaskStock& stock;
    const SettleBatches& batches;
    const CrashCharges& charges;
    const LimitedNames& limitedNames;
  };
  // Tasks are leased one at a time until `singleLeasesUntil`.
  LeaseCredit(BootTime singleLeasesUntil, Uses uses) : singleLeasesUntil_(singleLeasesUntil), uses_(uses) {}

  // Publishes the credit of each broker; zero while the instance stops.
  void publish(Step& step) const;

 private:
  void publishShared(Step& step) const;
  std::size_t sharedCreditOf(std::uint32_t broker, std::size_t credit) const;
  void publishSingle(Step& step) const;
  bool mayLeaseAlone(std::uint32_t broker) const;
  std::optional<std::uint32_t> brokersTurn(BootTime now) const;

  const BootTime singleLeasesUntil_;
  const Uses uses_;
};

}  // namespace leptir::dispatcher
