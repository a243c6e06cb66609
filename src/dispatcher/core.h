// The dispatcher's decisions: `step(events) → Actions`. The core has no thread, no input or output, no clock and no
// random source, so that tests and the simulator can drive it through any order of events. Feeders, meta writers and
// the slot table bring the events; dispatcher.cc performs the actions.
//
// A task goes through these objects, each of which knows only those above it in the list of members:
//
//   Intake ──▶ TaskStock ──Assigner──▶ SlotTracker ──Settling──▶ SettleBatches
//
// LimitedNames keeps tasks from beginning while as many of their name run as `max_running` allows.
// Pauses gives back what has not begun when an operator pauses a queue or a name.
// HeldLeases compares what stands there with what the stores say, LeaseCredit says how much more may come in, Drain and
// Shutdown decide when it is over.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "dispatcher/actions.h"
#include "dispatcher/assigner.h"
#include "dispatcher/broker_sessions.h"
#include "dispatcher/core_options.h"
#include "dispatcher/crash_charges.h"
#include "dispatcher/drain.h"
#include "dispatcher/events.h"
#include "dispatcher/held_leases.h"
#include "dispatcher/intake.h"
#include "dispatcher/known_tasks.h"
#include "dispatcher/lease_credit.h"
#include "dispatcher/limited_names.h"
#include "dispatcher/pauses.h"
#include "dispatcher/settle_batches.h"
#include "dispatcher/settling.h"
#include "dispatcher/shutdown.h"
#include "dispatcher/slot_tracker.h"
#include "dispatcher/step.h"
#include "dispatcher/task_stock.h"

namespace leptir::dispatcher {

// Used by one thread at a time.
class Core {
 public:
  // `random` returns numbers in [0, 1).
  Core(CoreOptions options, std::function<double()> random);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // Handles the events in their order. It moves the contents out of them, and leaves the vector to the caller.
  Actions step(std::vector<Event>&& events, ClockReading now);

  // What stands in the slots after the last step. Valid as long as the core.
  const SlotTracker& slots() const { return slots_; }
  // One bit for each configured broker that has no open session now.
  std::uint64_t brokersWithoutSession() const { return sessions_.maskWithoutSession(); }
  // How many tasks of each broker this instance holds.
  std::vector<std::uint64_t> tasksInFlight() const;
  // How many tasks of a broker come to this instance again and again, since it does not know their names.
  std::size_t tasksOfUnknownNames(std::uint32_t broker, BootTime now) const {
    return intake_.unknownNames(broker).countRepeatedlyLeased(now);
  }
  // Whether --drain left tasks of unknown names in the queues. Valid once the sessions were told to close.
  bool hasTasksOfUnknownNames() const { return drain_.hasTasksOfUnknownNames(); }

 private:
  void on(event::BrokerOpened& opened, Step& step);
  void on(event::BrokerClosed& closed, Step& step);
  void on(event::Leased& leased, Step& step);
  void on(event::HeldTasksListed& listed, Step& step) { heldLeases_.compare(listed, step); }
  void on(event::BuriedByStore& buried, Step& step) { intake_.recordBurials(buried, step); }
  void on(event::LeasesLost& lost, Step& step) { heldLeases_.lose(lost, step); }
  void on(event::CancelRequested& cancelled, Step& step) { heldLeases_.cancel(cancelled, step); }
  void on(event::PausesChanged& changed, Step& step);
  void on(event::TasksCounted& counted, Step& step) { drain_.noteCounts(counted, step); }
  void on(event::CellFound& found, Step&) { settling_.adopt(found); }
  void on(event::CellDone& done, Step& step) { settling_.settle(done, step); }
  void on(event::CellDied& died, Step& step) { settling_.settle(died, step); }
  void on(event::CellUnsettlable& unsettlable, Step& step) { settling_.settle(unsettlable, step); }
  void on(event::CellRunning& running, Step& step) { settling_.noteRunning(running, step); }
  void on(event::AssignmentsTakenBack& taken, Step& step) { intake_.receive(taken, step); }
  void on(event::WorkerReadiness& worker, Step&) { slots_.setReady(worker.slot, worker.ready); }
  void on(event::RecordsSaved& saved, Step& step);
  void on(event::BatchSettled& settled, Step& step);
  void on(event::StoreUnavailable& unavailable, Step& step) { settling_.exemptFromCrashCharges(unavailable, step); }
  void on(event::Tick&, Step& step);
  void on(event::MasterLiveness& master, Step&) { assigner_.noteMaster(master.works); }
  void on(event::DrainChanged& order, Step& step) { pauses_.drain(order.drained, step); }
  void on(event::Stop&, Step& step);
  void detachUnusedBrokers(Step& step);

  const CoreOptions options_;
  const std::function<double()> random_;
  const KnownTasks knownTasks_{options_};
  BrokerSessions sessions_{options_.brokers};
  SlotTracker slots_{options_.slotCount};
  TaskStock stock_{options_.brokers.size()};
  SettleBatches batches_{options_, sessions_};
  CrashCharges charges_{options_, sessions_, batches_};
  LimitedNames limitedNames_;
  Intake intake_;
  Assigner assigner_;
  Pauses pauses_;
  Settling settling_;
  LeaseCredit leaseCredit_;
  HeldLeases heldLeases_;
  Drain drain_;
  Shutdown shutdown_;
};

}  // namespace leptir::dispatcher
