// Decides about each task that comes in: from its broker, or back from a cell in which it had not begun. It goes into
// the stock, or is settled without a run: buried, released, or left to programs that know its name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dispatcher/broker_sessions.h"
#include "dispatcher/crash_charges.h"
#include "dispatcher/events.h"
#include "dispatcher/known_tasks.h"
#include "dispatcher/limited_names.h"
#include "dispatcher/settle_batches.h"
#include "dispatcher/slot_tracker.h"
#include "dispatcher/step.h"
#include "dispatcher/task_stock.h"
#include "settlement/unknown_names.h"

namespace leptir::dispatcher {

class Intake {
 public:
  // What the intake uses of the core. All must outlive the object.
  struct Uses {
    const settlement::RecordAuthor& author;
    const KnownTasks& knownTasks;
    const BrokerSessions& sessions;
    SlotTracker& slots;
    TaskStock& stock;
    SettleBatches& batches;
    CrashCharges& charges;
    LimitedNames& limitedNames;
  };
  explicit Intake(Uses uses);

  void receive(event::Leased& leased, Step& step);
  void receive(event::AssignmentsTakenBack& taken, Step& step);
  // Records and reports bytes that never came in, since their store has buried them.
  void recordBurials(event::BuriedByStore& buried, Step& step);

  // Settles a task that was cancelled before it began. `by`: the user who asked.
  void settleCancelled(StockedTask stocked, const std::string& by, Step& step);
  // Settles a task that expired before it began.
  void settleExpired(StockedTask stocked, Step& step);
  // Releases the stock of all brokers, or of one.
  void giveBackStock(Step& step);
  void giveBackStock(std::uint32_t broker, Step& step);
  // Releases the stock of brokers whose first task has waited for too long, so that other instances can run it.
  void giveBackOldStock(Step& step);

  // Tasks of the broker that are left to other programs.
  const settlement::UnknownNames& unknownNames(std::uint32_t broker) const { return unknownNames_[broker]; }

 private:
  void receive(std::uint32_t broker, LeasedTask leased, Step& step);
  // A task that is over before it begins. `cancelledBy`: the user who asked to cancel it, or empty.
  void settleAlreadyOver(StockedTask stocked, const std::string& cancelledBy, Step& step);
  void buryMalformed(std::uint32_t broker, LeasedTask leased, const Error& why, Step& step);
  void burySessionExpired(StockedTask stocked, Step& step);
  void buryTooLong(StockedTask stocked, Step& step);
  void receiveTakenBack(StockedTask stocked, Step& step);
  void leaveToOthers(StockedTask stocked, Step& step);
  void giveBack(StockedTask stocked, Step& step);
  void giveBackAllButAside(std::uint32_t broker, Step& step);

  const Uses uses_;
  std::vector<settlement::UnknownNames> unknownNames_;  // one for each broker
};

}  // namespace leptir::dispatcher
