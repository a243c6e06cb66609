// The dispatcher's decisions: `step(events) → Actions`. Core has no thread, no input or output, no clock and no random
// source, so that tests and the simulator can drive it through any order of events. dispatcher.cc, the feeders, the
// meta writers and the slot table bring the events and carry out the actions. core.cc has the step and the shutdown,
// core_brokers.cc the events of brokers, core_assignment.cc assignment and lease credit, core_settling.cc the tasks
// that have ended.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "broker/rank_selection.h"
#include "dispatcher/settle_batch.h"
#include "dispatcher/slot_tracker.h"
#include "dispatcher/unknown_names.h"
#include "leptir/clock.h"
#include "leptir/logger.h"
#include "leptir/outcome.h"
#include "leptir/spi/simple_broker.h"
#include "leptir/task_rules.h"
#include "link/shared_page.h"
#include "settlement/settlement.h"

namespace leptir::dispatcher {

// Both clocks, read at the same instant.
struct ClockReading {
  BootTime boot{};
  Time wall{};
};

// The events that Core handles.
namespace event {
struct BrokerOpened {  // its feeder opened or resumed a session and can lease tasks
  std::uint32_t broker;
  std::uint64_t epoch;
  bool listsHeld = true;  // the store can list the held tasks: HeldTasksListed follows
};
struct BrokerClosed {  // its session is lost, or its store cannot be reached
  std::uint32_t broker;
};
struct Leased {
  std::uint32_t broker;
  std::uint64_t epoch;
  std::vector<LeasedTask> tasks;
  bool nothingMoreDue;  // the store returned fewer tasks than the feeder asked for
};
struct HeldTasksListed {  // all tasks that the store says this session holds
  std::uint32_t broker;
  std::uint64_t epoch;
  std::vector<LeasedTask> tasks;
};
struct LeasesLost {  // single leases that the store no longer assigns to this session
  std::uint32_t broker;
  std::vector<LeaseId> leases;
};
struct CancelRequested {  // users asked to cancel these tasks; repeated until the tasks leave the queue
  std::uint32_t broker;
  std::vector<CancelRequest> requests;
};
struct Counted {
  std::uint32_t broker;
  TaskCounts counts;
};
struct CellFound {  // at the start: a cell that an earlier dispatcher left in use, in the order of assignment
  CellRef cell;
  link::Assignment assignment;
  bool begun;
};
struct CellDone {
  CellRef cell;
  Result<Outcome> outcome;    // an error: the bytes that the worker wrote cannot be decoded
  std::string_view envelope;  // valid until the cell is freed
  int pid = 0;                // of the worker; 0: not known
};
struct CellDied {
  CellRef cell;
  link::Verdict verdict;
  std::string_view envelope;
  std::optional<Outcome> taskOutcome;  // of a run that the master ended: what the task itself had reported
};
struct CellUnsettlable {  // the task has ended, and `deaths` dispatchers crashed while they settled it
  CellRef cell;
  std::uint32_t deaths;
  std::string_view envelope;
  int pid = 0;  // of the worker; 0: not known
};
struct CellRunning {  // the periodic check of the slots saw this cell executing
  CellRef cell;
  BootTime started;
  int pid = 0;  // of the worker; 0: not known
};
struct AssignmentsTakenBack {  // assigned tasks that had not begun are out of their cells again, latest first
  int slot;
  std::vector<std::pair<std::size_t, std::string>> envelopes;
};
struct WorkerReady {
  int slot;
  bool ready;
};
struct RecordsSaved {  // a required meta storage has saved the records of this batch
  std::uint64_t batch;
};
struct BatchSettled {  // the broker has settled the leases of this batch
  std::uint64_t batch;
};
struct StoreUnavailable {  // this batch waits for its broker or a required storage, which is unavailable now
  std::uint64_t batch;
};
struct Tick {};  // the periodic check of the slots: at least every 100 ms
struct MasterLiveness {
  bool works;  // false: the master's beat is too old; time limits are not enforced, so nothing is assigned
};
struct Stop {};  // lease nothing more, let running tasks end, release the others, then finish
}  // namespace event

using Event = std::variant<event::BrokerOpened, event::BrokerClosed, event::Leased, event::HeldTasksListed,
                           event::LeasesLost, event::CancelRequested, event::Counted, event::CellFound, event::CellDone,
                           event::CellDied, event::CellUnsettlable, event::CellRunning, event::AssignmentsTakenBack,
                           event::WorkerReady, event::RecordsSaved, event::BatchSettled, event::StoreUnavailable,
                           event::Tick, event::MasterLiveness, event::Stop>;

// What the dispatcher is to do. Dispatcher::perform (dispatcher.cc) defines the order.
struct Actions {
  struct Assign {
    CellRef cell;
    link::Assignment assignment;  // its envelope points into `envelopes`
  };
  struct LeaseCredit {  // how many more tasks the broker may lease, beyond the first `seen` that it delivered
    std::uint32_t broker;
    std::size_t tasks;
    std::uint64_t seen;
    bool alone = false;  // the leased task will be the only one of its broker that stands in no cell
  };
  struct StopRequest {  // asks the master to end the task in this cell
    CellRef cell;
    link::StopReason reason;
    std::string by;
  };
  struct RunningLeases {  // tasks that run for longer than 200 ms: the feeder asks whether they are cancelled
    std::uint32_t broker;
    std::vector<LeaseId> leases;
  };
  std::vector<CellRef>
      forgetSettleTries;  // they wait for an unavailable store: a crash meanwhile is not charged to them
  std::vector<CellRef> free;
  std::vector<Assign> assign;
  std::deque<std::string> envelopes;
  std::vector<StopRequest> requests;
  std::vector<RunningLeases> running;                // one for each broker, at each Tick
  std::vector<int> takeBack;                         // slots whose tasks that have not begun come back
  std::vector<std::shared_ptr<SettleBatch>> save;    // to the meta storages that have a writer
  std::vector<std::shared_ptr<SettleBatch>> settle;  // to the feeder of its broker
  std::vector<LeaseCredit> leaseCredits;
  std::vector<std::uint32_t> count;   // brokers whose tasks are to be counted
  std::vector<std::uint32_t> detach;  // brokers to detach: none of their tasks is left here; each is named once
  std::vector<std::pair<LogLevel, std::string>> log;
  std::uint64_t succeeded = 0, failed = 0;
  bool closeBrokers = false;    // set once: close all sessions, which releases the remaining leases
  bool leavesToExpire = false;  // with closeBrokers: a store stayed down, so leases are left to expire
};

struct CoreOptions {
  std::vector<std::int64_t> brokerPriorities;  // one for each broker
  std::vector<std::string> brokerNames;
  // One flag per broker; empty means false. A broker that is no longer configured settles its leases, then is detached.
  std::vector<bool> detaching;
  int slots = 1;
  int requiredStorages = 1;
  // One number per broker; empty means 0. How many of the required storages its feeder writes to itself.
  std::vector<int> colocatedStorages;
  bool hasStorages = true;
  std::set<std::string, std::less<>> names;                // of tasks that this program can run
  TaskRulesByName rules;                                   // for some of these names
  Duration taskExecutionTime = std::chrono::seconds(600);  // zero: no time limit
  BootTime singleLeasesUntil{};                            // dispatchers crashed: lease one task at a time
  // One flag per broker; empty means false. Leases that stand in no cell are presumed to have crashed the previous
  // dispatcher.
  std::vector<bool> wasLeasedSingly;
  bool drain = false;  // finish when no task is left that this program can run
  settlement::RecordAuthor author;
};

// Used by one thread at a time.
class Core {
 public:
  // `random` returns numbers in [0, 1).
  Core(CoreOptions options, std::function<double()> random);

  Actions step(std::vector<Event> events, ClockReading now);

  // Whether --drain left tasks of unknown names in the queues. Valid once closeBrokers was set.
  bool leftUnknownNames() const;
  // Whether a slot holds more than one task that has not ended. Then the slots are checked more often, so that tasks
  // are taken back soon from behind a long one.
  bool hasTasksBehindOthers() const;
  // Whether hundreds of short tasks stand in the slots. Then outcomes are collected less often, and many at once.
  bool hasManyShortTasks() const;
  // One bit for each configured broker that has no open session now.
  std::uint64_t brokersWithoutSession() const;
  // The task in a cell, for the status board; null when the cell is free.
  const settlement::HeldTask* taskIn(CellRef cell) const;

 private:
  // systemd and terminals send SIGTERM to all processes of an instance. A program that SIGTERM ended within this time
  // before or after the stop was ended by the stop.
  static constexpr Duration kSigtermWindow = std::chrono::seconds(1);

  struct StockedTask {
    settlement::HeldTask task;
    std::string envelope;
    BootTime since;
  };
  struct BrokerState {
    bool open = false;
    bool detaching = false;
    bool detached = false;
    std::uint64_t epoch = 0;
    std::deque<StockedTask> stock;
    bool knownEmpty = true;
    bool heldTasksCompared = false;  // the store's held tasks were checked against ours, or it lists none
    bool chargesCrash = false;       // held tasks in no cell are charged with the last dispatcher's crash,
    std::set<LeaseId> notCharged;    // except these, which were taken back from their cells
    std::uint64_t delivered = 0;     // number of tasks that the feeder has delivered so far
    UnknownNames unknown;            // tasks of unknown names, left to other programs
    std::optional<TaskCounts> counts;
    std::shared_ptr<SettleBatch> batch;  // being filled
    int batchesInFlight = 0;             // batches given to the stores and not settled yet
  };

  void on(event::BrokerOpened&);
  void on(event::BrokerClosed&);
  void on(event::Leased&);
  void on(event::HeldTasksListed&);
  void on(event::LeasesLost&);
  void on(event::CancelRequested&);
  void on(event::Counted&);
  void on(event::CellFound&);
  void on(event::CellDone&);
  void on(event::CellDied&);
  void on(event::CellUnsettlable&);
  void on(event::CellRunning&);
  void on(event::AssignmentsTakenBack&);
  void on(event::WorkerReady&);
  void on(event::RecordsSaved&);
  void on(event::BatchSettled&);
  void on(event::StoreUnavailable&);
  void on(event::Tick&);
  void on(event::MasterLiveness& seen) { masterIsAlive_ = seen.works; }
  void on(event::Stop&);

  void receive(std::uint32_t broker, LeasedTask leased);
  void buryMalformed(std::uint32_t broker, LeasedTask leased, const Error& why);
  void leaveUnknownToOthers(StockedTask stocked);
  void giveBack(StockedTask stocked);
  void settleCancelledInStock(StockedTask stocked, const std::string& cancelledBy);
  void chargeCrash(std::uint32_t broker, LeasedTask leased);
  void loseLeasesNotIn(const event::HeldTasksListed& held);
  void publishRunningLeases();
  const TaskRules* rulesFor(const settlement::HeldTask& task) const;
  void applyRules(settlement::HeldTask& task) const;
  Duration timeLimitOf(const settlement::HeldTask& task) const;
  void giveBackStock(BrokerState& plan);
  bool wasEndedBySigterm(const event::CellDone& done) const;
  void settleDone(const event::CellDone& done);
  void logGivenBack(const settlement::HeldTask& task);
  void settleEndedBySigterm(bool ofAStop, Duration olderThan);
  void settleCell(CellRef cell, const settlement::HeldTask& task, settlement::Settlement settlement,
                  std::string_view envelope);
  void add(SettleBatch& batch, const settlement::HeldTask& task, settlement::Settlement& settlement,
           std::string_view envelope);
  SettleBatch& batchOf(std::uint32_t broker);
  SettleBatch& batchOf(std::uint32_t broker, std::uint64_t epoch);
  bool isCurrent(const settlement::HeldTask& task) const;
  bool isHeld(std::uint32_t broker, const LeaseId& lease) const;
  Time wallOf(BootTime time) const;
  settlement::RecordAuthor authorWith(int pid) const;

  void assignTasks();
  std::optional<std::uint32_t> drawBroker();
  bool assignOne(std::uint32_t broker);
  void flushBatches();
  void flush(BrokerState& plan);
  int colocatedStorages(std::uint32_t broker) const;
  int maxBatchesInFlight(std::uint32_t broker) const;
  void publishLeaseCredit();
  void publishSingleLeaseCredit();
  std::optional<std::uint32_t> brokersTurn() const;
  bool mayLeaseAlone(const BrokerState& plan) const;
  void detachUnconfiguredBrokers();
  void finishWhenDone();
  void logTasksLeftByDrain();
  void logWhatDrainWaitsFor();
  void giveUpWhenStuck();
  bool isIdle() const;
  bool isDrained() const;

  CoreOptions options_;
  std::function<double()> random_;
  std::vector<std::uint32_t> order_;  // configured brokers, by priority
  broker::RankSelection ranks_;       // of the brokers in order_
  std::vector<BrokerState> brokers_;
  SlotTracker slots_;
  Pace pace_;
  std::map<std::uint64_t, std::pair<std::shared_ptr<SettleBatch>, int>>
      pending_;  // by batch id: a batch at the stores, and how many storages have not saved it yet
  std::optional<std::uint32_t>
      reserved_;  // the broker that was drawn for the next free cell, while its stock is being refilled
  std::uint64_t lastBatch_ = 0;
  bool stopping_ = false;
  bool masterIsAlive_ = true;
  bool closed_ = false;
  bool loggedScheduled_ = false;
  std::optional<BootTime> stoppedAt_;
  std::vector<std::pair<event::CellDone, BootTime>> endedBySigterm_;  // programs that SIGTERM ended, and since when
  std::optional<BootTime> stuckSince_;                                // since when a stop waits for stores only
  ClockReading now_;
  Actions actions_;
};

}  // namespace leptir::dispatcher
