// The dispatcher's decisions: `step(events) → Actions`. No thread, no input or output, no clock and no random source of
// its own, so that tests and a simulator can drive it through anything. Its hands (dispatcher.cc, feeder, meta_writer,
// slot_table) bring events and carry out actions. core.cc has the step and the end, core_brokers.cc what comes from
// brokers, core_handing_out.cc what goes to workers, core_settling.cc what comes back from them.
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
#include "dispatcher/settlement.h"
#include "dispatcher/slot_plan.h"
#include "dispatcher/unknown_names.h"
#include "leptir/clock.h"
#include "leptir/logger.h"
#include "leptir/outcome.h"
#include "leptir/simple_broker.h"
#include "leptir/task_rules.h"
#include "link/shared_page.h"

namespace leptir {

// Both clocks at one instant.
struct Moment {
  BootTime boot{};
  Time wall{};
};

// What happened.
namespace event {
struct BrokerOpened {  // a session stands: tasks can come
  std::uint32_t broker;
  std::uint64_t epoch;
  bool listsHeld = true;  // Held will follow
};
struct BrokerClosed {  // its session is given up or lost: what it held is no longer ours
  std::uint32_t broker;
};
struct Leased {
  std::uint32_t broker;
  std::uint64_t epoch;
  std::vector<LeasedTask> tasks;
  bool nothingMoreDue;  // fewer came than were asked for
};
struct Held {  // all that the store says we hold
  std::uint32_t broker;
  std::uint64_t epoch;
  std::vector<LeasedTask> tasks;
};
struct Lost {  // leases that are no longer ours, one by one
  std::uint32_t broker;
  std::vector<LeaseId> leases;
};
struct Cancelled {  // somebody asked to end these, said again until they leave
  std::uint32_t broker;
  std::vector<CancelWish> wishes;
};
struct Counted {
  std::uint32_t broker;
  TaskCounts counts;
};
struct CellFound {  // at the start: what an earlier dispatcher left in a slot, in ring order
  CellRef cell;
  Assignment assignment;
  bool begun;
};
struct CellDone {
  CellRef cell;
  Result<Outcome> outcome;    // an error: it makes no sense
  std::string_view envelope;  // stays while the cell is not freed
  int pid = 0;                // of the worker; 0: not known
};
struct CellDied {
  CellRef cell;
  Verdict verdict;
  std::string_view envelope;
  std::optional<Outcome> said;  // what a run that we ended had to say of itself
};
struct CellUnsettlable {  // it has ended, and so many dispatchers died while they settled it
  CellRef cell;
  std::uint32_t deaths;
  std::string_view envelope;
  int pid = 0;  // of the worker; 0: not known
};
struct CellRunning {  // seen to execute, at a look
  CellRef cell;
  BootTime started;
  int pid = 0;  // of the worker; 0: not known
};
struct TakenBack {  // cells that had not begun, latest first
  int slot;
  std::vector<std::pair<std::size_t, std::string>> envelopes;
};
struct WorkerReady {
  int slot;
  bool ready;
};
struct Saved {  // by a required storage
  std::uint64_t batch;
};
struct Settled {  // by its broker
  std::uint64_t batch;
};
struct StoreUnavailable {  // this batch waits for its broker or a required storage, which cannot be used just now
  std::uint64_t batch;
};
struct Tick {};
struct MasterSeen {
  bool works;  // false: nobody watches over limits just now, so nothing is assigned
};
struct Stop {};  // lease nothing more, let run what runs, give back the rest, then finish
}  // namespace event

using Event =
    std::variant<event::BrokerOpened, event::BrokerClosed, event::Leased, event::Held, event::Lost, event::Cancelled,
                 event::Counted, event::CellFound, event::CellDone, event::CellDied, event::CellUnsettlable,
                 event::CellRunning, event::TakenBack, event::WorkerReady, event::Saved, event::Settled,
                 event::StoreUnavailable, event::Tick, event::MasterSeen, event::Stop>;

// What to do, in this order.
struct Actions {
  struct Assign {
    CellRef cell;
    Assignment assignment;  // its envelope points into `envelopes`
  };
  struct Room {  // how many tasks this broker may lease now, as of the delivery numbered `seen`
    std::uint32_t broker;
    std::size_t tasks;
    std::uint64_t seen;
    bool alone = false;  // nothing else is held there that stands in no cell
  };
  struct Wish {  // the master is to end the task in this cell
    CellRef cell;
    StopReason reason;
    std::string by;
  };
  struct Running {  // what a broker's feeder is to ask about: tasks that run longer than a moment
    std::uint32_t broker;
    std::vector<LeaseId> leases;
  };
  std::vector<CellRef>
      forgetSettleTries;  // they wait for a store: a dispatcher that dies meanwhile does not die of them
  std::vector<CellRef> free;
  std::vector<Assign> assign;
  std::deque<std::string> envelopes;
  std::vector<Wish> wishes;
  std::vector<Running> running;                      // of each broker, at each Tick
  std::vector<int> takeBack;                         // slots: all that has not begun
  std::vector<std::shared_ptr<SettleBatch>> save;    // to every meta storage that does not lie beside its broker
  std::vector<std::shared_ptr<SettleBatch>> settle;  // to its broker, and the storages beside it
  std::vector<Room> rooms;
  std::vector<std::uint32_t> count;  // brokers whose tasks are to be counted
  std::vector<std::uint32_t> letGo;  // once each: brokers that leave, with nothing of theirs left here
  std::vector<std::pair<LogLevel, std::string>> log;
  std::uint64_t succeeded = 0, failed = 0;
  bool closeBrokers = false;    // once: everything is settled, give back what is left
  bool leavesToExpire = false;  // with it: not everything could be settled, and that was waited for long enough
};

struct CoreOptions {
  std::vector<std::int64_t> brokerPriorities;  // one for each broker
  std::vector<std::string> brokerNames;
  std::vector<bool> leaving;  // for each broker, none: no. One that only settles what it holds, then is let go
  int slots = 1;
  int requiredStorages = 1;
  std::vector<int> storagesBeside;  // for each broker, none: 0. So many of the required ones its feeder saves to itself
  bool hasStorages = true;
  std::set<std::string, std::less<>> names;                // the tasks that this program can run
  TaskRuleBook rules;                                      // of some of them
  Duration taskExecutionTime = std::chrono::seconds(600);  // zero: none
  BootTime carefulUntil{};                                 // dispatchers die: one task is leased at a time
  std::vector<bool> leasedAlone;  // for each broker, none: no. What an earlier dispatcher left in no cell killed it
  bool drain = false;             // finish when nothing is left
  RecordAuthor author;
};

// One thread at a time.
class Core {
 public:
  // `random` answers numbers in [0, 1).
  Core(CoreOptions options, std::function<double()> random);

  Actions step(std::vector<Event> events, Moment now);

  // What --drain came to, once closeBrokers was said.
  bool leftUnknown() const;
  // Whether a slot holds more than one task that has not ended: then looks must come more often.
  bool looksAhead() const;
  // Whether hundreds of short tasks stand in the slots: then looks may come seldom, and each finds many that have
  // ended.
  bool isHurried() const;
  // A bit for each broker that serves but has no session with us now.
  std::uint64_t brokersAway() const;
  // The task in a cell, for the status board; null when the cell is free.
  const HeldTask* taskIn(CellRef cell) const;

 private:
  // A TERM to every process of an instance ends programs this long before or after we hear of the stop.
  static constexpr Duration kSameTerm = std::chrono::seconds(1);

  struct Stocked {
    HeldTask task;
    std::string envelope;
    BootTime since;
  };
  struct BrokerPlan {
    bool open = false;
    bool leaving = false;
    bool letGo = false;
    std::uint64_t epoch = 0;
    std::deque<Stocked> stock;
    bool knownEmpty = true;
    bool compared = false;        // Held was looked at, or never comes
    bool blames = false;          // what it finds in no cell killed the last dispatcher,
    std::set<LeaseId> spared;     // but for these, which we took out of their cells
    std::uint64_t delivered = 0;  // tasks that came from the feeder so far
    UnknownNames unknown;         // tasks left to other programs
    std::optional<TaskCounts> counts;
    std::shared_ptr<SettleBatch> batch;  // being filled
    int underway = 0;                    // batches handed out, not settled yet
  };

  void on(event::BrokerOpened&);
  void on(event::BrokerClosed&);
  void on(event::Leased&);
  void on(event::Held&);
  void on(event::Lost&);
  void on(event::Cancelled&);
  void on(event::Counted&);
  void on(event::CellFound&);
  void on(event::CellDone&);
  void on(event::CellDied&);
  void on(event::CellUnsettlable&);
  void on(event::CellRunning&);
  void on(event::TakenBack&);
  void on(event::WorkerReady&);
  void on(event::Saved&);
  void on(event::Settled&);
  void on(event::StoreUnavailable&);
  void on(event::Tick&);
  void on(event::MasterSeen& seen) { masterWorks_ = seen.works; }
  void on(event::Stop&);

  void receive(std::uint32_t broker, LeasedTask leased);
  void buryMalformed(std::uint32_t broker, LeasedTask leased, const Error& why);
  void putAsideUnknown(Stocked stocked);
  void giveBack(Stocked stocked);
  void settleStocked(Stocked stocked, const std::string& cancelledBy);
  void blame(std::uint32_t broker, LeasedTask leased);
  void loseAllBut(const event::Held& held);
  void sayRunning();
  const TaskRules* rulesFor(const HeldTask& task) const;
  void applyRules(HeldTask& task) const;
  Duration timeLimitOf(const HeldTask& task) const;
  void giveBackStock(BrokerPlan& plan);
  bool isEndedByATerm(const event::CellDone& done) const;
  void settleDone(const event::CellDone& done);
  void sayGivenBack(const HeldTask& task);
  void settleTermed(bool ofAStop, Duration olderThan);
  void settleCell(CellRef cell, const HeldTask& task, Settlement settlement, std::string_view envelope);
  void add(SettleBatch& batch, const HeldTask& task, Settlement& settlement, std::string_view envelope);
  SettleBatch& batchOf(std::uint32_t broker);
  SettleBatch& batchOf(std::uint32_t broker, std::uint64_t epoch);
  bool isCurrent(const HeldTask& task) const;
  bool isHeld(std::uint32_t broker, const LeaseId& lease) const;
  Time wallOf(BootTime time) const;
  RecordAuthor authorWith(int pid) const;

  void assignTasks();
  std::optional<std::uint32_t> drawBroker();
  bool assignOne(std::uint32_t broker);
  void flushBatches();
  void flush(BrokerPlan& plan);
  int storagesBeside(std::uint32_t broker) const;
  int mostUnderway(std::uint32_t broker) const;
  void sayRooms();
  void sayCarefulRooms();
  std::optional<std::uint32_t> brokersTurn() const;
  bool isToStandAlone(const BrokerPlan& plan) const;
  void letLeaversGo();
  void finishWhenDone();
  void sayWhatIsLeft();
  void sayWhatDrainWaitsFor();
  void giveUpWhenStuck();
  bool isIdle() const;
  bool isDrained() const;

  CoreOptions options_;
  std::function<double()> random_;
  std::vector<std::uint32_t> order_;  // brokers that serve, by priority
  RankSelection ranks_;               // of these
  std::vector<BrokerPlan> brokers_;
  SlotPlans slots_;
  Pace pace_;
  std::map<std::uint64_t, std::pair<std::shared_ptr<SettleBatch>, int>>
      pending_;  // with the saves that are still awaited
  std::optional<std::uint32_t>
      reserved_;  // the broker that the next free place was drawn for, while its stock is being refilled
  std::uint64_t lastBatch_ = 0;
  bool stopping_ = false;
  bool masterWorks_ = true;
  bool closed_ = false;
  bool saidScheduled_ = false;
  std::optional<BootTime> stoppedAt_;
  std::vector<std::pair<event::CellDone, BootTime>> termed_;  // programs that a TERM ended, and when that was seen
  std::optional<BootTime> stuckSince_;                        // while a stop waits for nothing but stores
  Moment now_;
  Actions actions_;
};

}  // namespace leptir
