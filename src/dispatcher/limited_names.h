// `max_running`: decides which task of a name with this limit may begin, and what becomes of the others. A few wait
// here, aside of the other tasks in the stock. The rest goes back into the queue: each keeps its place there, and this
// session leases it again when a task of its name ends (LeftTasks). So they take no worker, no lease credit and no
// place in the stock away from tasks of other names. Every number that a task counts as running is in
// SlotTracker::running.
//
// A paused name is treated as one with `max_running: 0`, at one broker and until it is resumed. It has a number behind
// those of KnownTasks if it has no limit of its own; only tasks that were given back have such a number.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dispatcher/broker_sessions.h"
#include "dispatcher/events.h"
#include "dispatcher/known_tasks.h"
#include "dispatcher/left_tasks.h"
#include "dispatcher/settle_batches.h"
#include "dispatcher/slot_tracker.h"
#include "dispatcher/start_rate.h"
#include "dispatcher/step.h"
#include "dispatcher/task_stock.h"

namespace leptir::dispatcher {

class LimitedNames {
 public:
  // What the object uses of the core. All must outlive it.
  struct Uses {
    const KnownTasks& knownTasks;
    const BrokerSessions& sessions;
    const SlotTracker& slots;
    TaskStock& stock;
    SettleBatches& batches;
  };
  // Until `singleLeasesUntil` no task waits in the stock: each must be the only one that stands in no cell.
  LimitedNames(BootTime singleLeasesUntil, Uses uses);

  // --- for the intake
  // Whether the leased task may go into the stock; false: others of its name come first, and it is to be given back.
  bool admit(settlement::HeldTask& task);
  // Gives the task back: it keeps its place in the queue, and begins before later ones of its name.
  void giveBack(StockedTask&& stocked, Step& step);
  // All tasks of a delivery were received.
  void noteDelivery(std::uint32_t broker, bool nothingMoreDue);

  // --- for pauses
  // Which names are paused at a broker from now on. Asks the store for the tasks of names that are no longer paused.
  // Returns whether a name is paused that was not.
  bool setPaused(std::uint32_t broker, const std::vector<std::string>& names, Step& step);
  // Whether the task may not begin since its name is paused. Such a task can be given back.
  bool isPaused(settlement::HeldTask& task);
  // Gives back the tasks of paused names that are in the stock.
  void giveBackPaused(std::uint32_t broker, Step& step);

  // --- for the assigner
  // Puts as many tasks that stand aside back into the stock as may begin now.
  void putBackAside();
  bool isBelowLimit(const settlement::HeldTask& task) const;
  // The task may not begin now: it waits aside, or is given back.
  void setAside(StockedTask&& stocked, Step& step);
  void noteAssigned(const settlement::HeldTask& task);
  // Asks the stores for tasks that were given back, as many as may begin now or soon.
  void askForMore(Step& step);
  // Whether tasks of the broker's last delivery were given back, since their names are at their limits: the queue may
  // have due tasks of other names behind them.
  bool isSearching(std::uint32_t broker) const { return brokers_[broker].extraCredit > 0; }

  // --- for the core
  // A new epoch: the new session leaves no task to others.
  void noteOpened(const event::BrokerOpened& opened, bool isNewEpoch);
  void noteSettled(std::uint64_t batch);
  // At each Tick: gives back what stands aside for too long, so that other instances can run it.
  void giveBackOld(Step& step);

  // --- for the lease credit
  // How many tasks of a broker may be leased at least, to find tasks of other names behind those that were given back.
  std::size_t extraCredit(std::uint32_t broker) const { return brokers_[broker].extraCredit; }

 private:
  struct BrokerTasks {
    std::vector<LeftTasks> left;  // one for each number of a name
    std::size_t givenBack = 0;    // since the last delivery
    std::size_t extraCredit = 0;
    bool leasesAgain = true;                                     // BrokerTraits::leasesAgain
    Time lastPutBehind{};                                        // due time of the last task that lost its place
    Time lastPausedBehind{};                                     // the same, of tasks of paused names
    std::map<std::string, std::uint32_t, std::less<>> paused{};  // names that are paused here, with their numbers
  };

  bool isUsed() const { return !rates_.empty() || !pausedNames_.empty(); }
  bool isPausedHere(std::uint32_t broker, std::uint32_t limitedName) const;
  std::uint32_t findOrAddNumber(const std::string& name);
  void resume(std::uint32_t broker, std::uint32_t limitedName, Step& step);
  settlement::Settlement settlementOfGivenBack(const settlement::HeldTask& task, Step& step);
  LeftTasks& leftTasksOf(const settlement::HeldTask& task);
  std::size_t countLeft(std::uint32_t broker, std::uint32_t limitedName) const;
  std::size_t countStartable(std::uint32_t limitedName) const;
  void putBackAside(std::uint32_t limitedName);
  void askForMore(std::uint32_t broker, std::uint32_t limitedName, Step& step);
  static Time dueBehind(Time& last, Duration atLeast, Time now);

  const BootTime singleLeasesUntil_;
  const Uses uses_;
  std::vector<BrokerTasks> brokers_;
  std::vector<StartRate> rates_;  // one for each name with `max_running`
  // Numbers of names without `max_running` that were ever paused.
  std::map<std::string, std::uint32_t, std::less<>> pausedNames_;
};

}  // namespace leptir::dispatcher
