// The leases that are held here, in the stock, in cells and in batches; and what a store says of them: which it lists
// as held, which are lost, which tasks users cancelled.
#pragma once

#include <cstdint>
#include <vector>

#include "dispatcher/broker_sessions.h"
#include "dispatcher/crash_charges.h"
#include "dispatcher/events.h"
#include "dispatcher/intake.h"
#include "dispatcher/settle_batches.h"
#include "dispatcher/slot_tracker.h"
#include "dispatcher/step.h"
#include "dispatcher/task_stock.h"

namespace leptir::dispatcher {

class LeaseIndex;

class HeldLeases {
 public:
  // What the object uses of the core. All must outlive it.
  struct Uses {
    const BrokerSessions& sessions;
    SlotTracker& slots;
    TaskStock& stock;
    SettleBatches& batches;
    CrashCharges& charges;
    Intake& intake;
  };
  explicit HeldLeases(Uses uses) : uses_(uses) {}

  // Tasks that the store lists and that are not held here are released. Tasks that are held here and that the store
  // does not list end without a record: another instance may be running them. (Not if the list is not whole.)
  void compare(event::HeldTasksListed& listed, Step& step);
  void lose(event::LeasesLost& lost, Step& step);
  void cancel(event::CancelRequested& cancelled, Step& step);
  // Tells each feeder which tasks of its broker run for longer than 200 ms. The feeder asks the store whether they are
  // cancelled.
  void publishRunning(Step& step) const;

  // Whether no task is held here: of any broker, or of this one.
  bool isEmpty() const;
  bool isEmpty(std::uint32_t broker) const;

 private:
  std::vector<bool> findHeld(const event::HeldTasksListed& listed, const LeaseIndex& index) const;
  static std::vector<std::size_t> firstOccurrences(const event::HeldTasksListed& listed, const LeaseIndex& index);
  void releaseOrChargeNotHeld(event::HeldTasksListed& listed, const std::vector<std::size_t>& positions,
                              const std::vector<bool>& isHeld, Step& step);
  template <class IsLost>
  void loseIf(std::uint32_t broker, IsLost&& isLost, Step& step);

  const Uses uses_;
};

}  // namespace leptir::dispatcher
