// The tasks in cells, from what the slots report of them until their cells are free again: decides by their outcome or
// verdict how each is settled (src/settlement), puts that into a batch, and frees the cells of settled batches.
#pragma once

#include <functional>
#include <string_view>

#include "dispatcher/broker_sessions.h"
#include "dispatcher/events.h"
#include "dispatcher/known_tasks.h"
#include "dispatcher/settle_batches.h"
#include "dispatcher/sigterm_wait.h"
#include "dispatcher/slot_tracker.h"
#include "dispatcher/step.h"
#include "settlement/settlement.h"

namespace leptir::dispatcher {

class Settling {
 public:
  // What the object uses of the core. All must outlive it.
  struct Uses {
    const settlement::RecordAuthor& author;
    const std::function<double()>& random;
    const KnownTasks& knownTasks;
    const BrokerSessions& sessions;
    SlotTracker& slots;
    SettleBatches& batches;
  };
  explicit Settling(Uses uses) : uses_(uses) {}

  // A task that an earlier dispatcher assigned.
  void adopt(const event::CellFound& found);
  // Adds an in-progress record once a task has run for 200 ms.
  void noteRunning(const event::CellRunning& running, Step& step);
  void settle(event::CellDone& done, Step& step);
  void settle(event::CellDied& died, Step& step);
  void settle(event::CellUnsettlable& unsettlable, Step& step);
  // Settles the outcomes of programs that SIGTERM ended, as soon as it is known whether a stop explains it.
  void settleEndedBySigterm(Step& step);

  // Frees the cells of a batch that is settled.
  void free(const SettleBatch& batch, Step& step);
  // The batch reached its store without crashing this dispatcher, so a crash while it waits is not charged to its
  // tasks.
  void exemptFromCrashCharges(const event::StoreUnavailable& unavailable, Step& step) const;

 private:
  void settleOutcome(const event::CellDone& done, Step& step);
  void settleCorrupt(const event::CellDone& done, Step& step);
  void addToBatch(CellRef cell, settlement::Settlement&& settlement, std::string_view envelope, Step& step);
  bool freeIfLost(CellRef cell, Step& step);
  void freeAsLost(CellRef cell, Step& step);
  void free(CellRef cell, Step& step);
  settlement::RecordAuthor authorWith(int pid) const;

  const Uses uses_;
  SigtermWait sigtermWait_;
};

}  // namespace leptir::dispatcher
