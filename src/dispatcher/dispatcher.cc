#include "dispatcher/dispatcher.h"

#include <unistd.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <system_error>
#include <utility>

#include "base/errno_text.h"
#include "base/exit_code.h"
#include "base/failpoint.h"
#include "base/nonblocking_output.h"
#include "dispatcher/colocated_storages.h"
#include "dispatcher/core.h"
#include "dispatcher/feeder.h"
#include "dispatcher/inbox.h"
#include "dispatcher/meta_writer.h"
#include "dispatcher/slot_table.h"
#include "dispatcher/store_thread.h"
#include "link/stderr_forwarder.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

// How often the slots are checked when the bell does not ring: more often while tasks wait in a slot behind others.
constexpr Duration kCheckSlotsEvery = 100ms;
constexpr Duration kCheckFullSlotsEvery = 10ms;
constexpr Duration kGatherTime = 300us;
// A thread without a beat for this long is stuck in its store. The dispatcher's own beat stops then, so that the master
// replaces the dispatcher.
constexpr Duration kOldestThreadBeat = 12s;
// Nothing is assigned while the master's beat is older than this: time limits would not be enforced.
constexpr Duration kOldestMasterBeat = 5s;
// Timeouts for closing the feeders: graceful (FeederOptions::closeWithin and the operation in work), and after giving
// up on a store that is down.
constexpr Duration kLongestClose = 12s, kLastTry = 1s;
// How long an ending dispatcher waits for a slow reader of its log.
constexpr Duration kLastLines = 200ms;

class Dispatcher {
 public:
  Dispatcher(const DispatcherOptions& options, link::Link& link, link::StatusBoard& board,
             std::vector<broker::BrokerFactory> brokers, const std::vector<meta::MetaStorageFactory>& storages,
             const Logger& logger, const Clock& clock)
      : options_(options),
        link_(link),
        board_(board),
        logger_(logger),
        clock_(clock),
        inbox_(link.dispatcherBell()),
        table_(link, clock),
        threads_{.inbox = inbox_,
                 .page = link.page(),
                 .logger = logger,
                 .clock = clock,
                 .recordUse = storages.size() == 1 ? RecordUse::Move : RecordUse::Copy,
                 .onUnusable = [this](const Error& why) { storeUnusable(why); }},
        core_(coreOptions(brokers, storages), [this] { return std::uniform_real_distribution<double>()(random_); }) {
    perform(core_.step(table_.adopt(), now()));
    LEPTIR_FAILPOINT("dispatcher.after_adopt");
    startThreads(std::move(brokers), storages);
  }

  int run() {
    while (!finished_) {
      beat();
      turn();
      if (link_.page().handOver != 0) handOverAndExit();
      if (const auto says = link_.page().instanceEnd.load(); says == link::InstanceEnd::StoreUnusable)
        return base::kExitStoreUnusable;
      if (::getppid() != options_.masterPid) return 1;
      if (!finished_) core_.hasManyShortTasks() ? gather() : sleep();
    }
    flushLog();
    return 0;
  }

 private:
  CoreOptions coreOptions(const std::vector<broker::BrokerFactory>& brokers,
                          const std::vector<meta::MetaStorageFactory>& storages) const {
    CoreOptions options;
    for (const auto& broker : brokers) {
      options.brokerPriorities.push_back(broker.priority);
      options.brokerNames.push_back(broker.name);
      options.wasLeasedSingly.push_back(link_.page().brokers[options.detaching.size()].leasedSingly != 0);
      options.detaching.push_back(broker.detaching);
      options.colocatedStorages.push_back(static_cast<int>(colocatedWith(broker.storeLocation, storages).size()));
    }
    options.slots = link_.workers();
    options.requiredStorages = static_cast<int>(
        std::count_if(storages.begin(), storages.end(), [](const auto& seat) { return seat.required; }));
    options.hasStorages = !storages.empty();
    options.names = options_.names;
    options.rules = options_.rules;
    options.taskExecutionTime = options_.taskExecutionTime;
    options.singleLeasesUntil = BootTime(Duration(link_.page().singleLeasesUntil.load()));
    options.drain = options_.drain;
    options.author = {options_.card.host, options_.masterPid};
    return options;
  }

  // The limit on processes counts threads too, so a start may fail. Threads that did start end with this process.
  void startThreads(std::vector<broker::BrokerFactory> brokers,
                    const std::vector<meta::MetaStorageFactory>& storages) try {
    openWriters(storages);
    openFeeders(std::move(brokers), storages);
  } catch (const std::system_error& error) {
    const bool isOfDescriptors = error.code() == std::errc::too_many_files_open;
    const auto why = isOfDescriptors ? base::errnoText(error.code().value())
                                     : std::string(error.what()) + ": raise the limit on processes (ulimit -u, " +
                                           "TasksMax of systemd, pids.max of a container)";
    logger_.error("The dispatcher cannot start its threads: " + why);
    flushLog();
    ::_exit(1);
  }

  void openWriters(const std::vector<meta::MetaStorageFactory>& storages) {
    for (const auto& factory : storages) writers_.emplace_back(threads_, factory);
  }

  void openFeeders(std::vector<broker::BrokerFactory> brokers, const std::vector<meta::MetaStorageFactory>& storages) {
    for (std::uint32_t i = 0; i < brokers.size(); ++i) {
      storeLocations_.push_back(brokers[i].storeLocation);
      feeders_.push_back(nullptr);
      if (hasEnded(i, brokers[i].detaching)) continue;
      FeederOptions feeder{.session = {.broker = i,
                                       .instance = options_.instance,
                                       .predecessor = options_.predecessor,
                                       .card = options_.card},
                           .emptyQueueSleepTime = options_.emptyQueueSleepTime,
                           .workersActiveSleepTime = options_.workersActiveSleepTime};
      auto colocated = colocatedWith(brokers[i].storeLocation, storages);
      feeders_.back() =
          std::make_unique<Feeder>(threads_, std::move(feeder), std::move(brokers[i]), std::move(colocated));
    }
  }

  // Whether a broker that is no longer configured needs no feeder: its session has ended, or there never was one.
  bool hasEnded(std::uint32_t broker, bool detaching) {
    auto& line = link_.page().brokers[broker];
    if (detaching && line.epoch == 0) line.ended = 1;
    return detaching && line.ended != 0;
  }

  void forEachFeeder(const std::function<void(Feeder&)>& visit) const {
    for (const auto& feeder : feeders_) {
      if (feeder) visit(*feeder);
    }
  }
  bool allFeeders(const std::function<bool(const Feeder&)>& is) const {
    return std::ranges::all_of(feeders_, [&](const auto& feeder) { return !feeder || is(*feeder); });
  }
  Feeder* feederOf(std::uint32_t broker) const { return broker < feeders_.size() ? feeders_[broker].get() : nullptr; }

  // Hands over to the next dispatcher. Called between two turns, so that no counted task is half settled. Operations
  // that threads have in flight end as if this process had been killed: the next dispatcher asks the stores about them.
  [[noreturn]] void handOverAndExit() {
    link::forwardStderr(link_, stderr_);
    flushLog();
    link_.page().instanceEnd = link::InstanceEnd::None;
    ::_exit(0);
  }

  // Called by any thread.
  void storeUnusable(const Error& why) {
    logger_.error("This store can never be used as configured: " + why.message());
    link_.page().instanceEnd = link::InstanceEnd::StoreUnusable;
    inbox_.ring();
  }

  void turn() {
    auto events = inbox_.take();
    table_.collect(events);
    if (clock_.bootTime() >= lookAt_) checkSlots(events);
    if (const bool works = masterIsAlive(); works != std::exchange(masterWasAlive_, works))
      events.push_back(event::MasterLiveness{works});
    if (link_.page().stopping != link::ShutdownStage::No && !std::exchange(stopping_, true))
      events.push_back(event::Stop{});
    if (!events.empty()) perform(core_.step(std::move(events), now()));
    if (closing_) finishWhenClosed();
  }

  bool masterIsAlive() const {
    return clock_.bootTime() - BootTime(Duration(link_.page().masterBeat.load())) <= kOldestMasterBeat;
  }

  void checkSlots(std::vector<Event>& events) {
    table_.checkSlots(events);
    events.push_back(event::Tick{});
    link_.page().brokersWithoutSession = core_.brokersWithoutSession();
    noteDetached();
    reopenLogsIfAsked();
    showOnBoard();
    link::forwardStderr(link_, stderr_);
    logger_.flush();
    lookAt_ = clock_.bootTime() + (core_.hasTasksBehindOthers() ? kCheckFullSlotsEvery : kCheckSlotsEvery);
  }

  // Lines that still cannot be written stay counted, and the master logs their number.
  void flushLog() const {
    const auto until = clock_.bootTime() + kLastLines;
    while (!logger_.flush() && clock_.bootTime() < until) link_.dispatcherBell().waitFor(kCheckFullSlotsEvery);
  }

  void reopenLogsIfAsked() {
    const auto times = link_.page().logReopenings.load();
    if (times != std::exchange(logsReopened_, times) && options_.reopenLogs) options_.reopenLogs();
  }

  void perform(Actions actions) {
    for (const auto& [level, message] : actions.log) logger_.log(level, message);
    for (const auto cell : actions.forgetSettleTries) table_.forgetSettleTries(cell);
    if (!actions.free.empty()) LEPTIR_FAILPOINT("dispatcher.before_free");
    for (const auto cell : actions.free) table_.freeCell(cell);
    if (!actions.assign.empty()) LEPTIR_FAILPOINT("dispatcher.before_assign");
    for (const auto& assign : actions.assign) table_.assign(assign);
    if (!actions.assign.empty()) LEPTIR_FAILPOINT("dispatcher.before_ring");
    table_.wakeWorkers();
    if (!actions.save.empty()) LEPTIR_FAILPOINT("dispatcher.before_save");
    for (const auto& batch : actions.save) save(batch);
    for (auto& batch : actions.settle) feeders_[batch->broker]->settle(std::move(batch));
    for (const auto& credit : actions.leaseCredits) {
      auto* feeder = feederOf(credit.broker);
      if (feeder == nullptr) continue;
      if (credit.tasks > 0) link_.page().brokers[credit.broker].leasedSingly = credit.alone ? 1 : 0;
      feeder->setLeaseCredit(credit.tasks, credit.seen);
    }
    for (const auto& cancelRequest : actions.requests) table_.cancelRequest(cancelRequest);
    for (auto& running : actions.running) {
      if (auto* feeder = feederOf(running.broker)) feeder->setRunning(std::move(running.leases));
    }
    for (const auto broker : actions.count) feeders_[broker]->count();
    for (const auto broker : actions.detach) detach(broker);
    if (actions.succeeded + actions.failed > 0) board_.addSettled(actions.succeeded + actions.failed, actions.failed);
    if (actions.closeBrokers) closeBrokers(actions.leavesToExpire);
    takeBack(actions.takeBack);
  }

  void save(const std::shared_ptr<SettleBatch>& batch) {
    for (auto& writer : writers_) {
      if (!writer.isColocatedWith(storeLocations_[batch->broker])) writer.save(batch);
    }
  }

  void takeBack(const std::vector<int>& slots) {
    std::vector<Event> events;
    for (const int slot : slots) {
      auto taken = table_.takeBack(slot);
      if (!taken.envelopes.empty()) events.emplace_back(std::move(taken));
    }
    if (!events.empty()) perform(core_.step(std::move(events), now()));
  }

  void closeBrokers(bool leavesToExpire) {
    closing_ = true;
    leavesToExpire_ = leavesToExpire;
    leaveBy_ = clock_.bootTime() + (leavesToExpire ? kLastTry : kLongestClose);
    forEachFeeder([&](Feeder& feeder) { feeder.close(leavesToExpire ? Patience::OneTry : Patience::AsConfigured); });
  }

  void detach(std::uint32_t broker) {
    feeders_[broker]->detach();
    detaching_.push_back(broker);
  }

  void noteDetached() {
    std::erase_if(detaching_, [this](std::uint32_t broker) {
      if (!feeders_[broker]->hasClosed()) return false;
      if (!feeders_[broker]->leftToExpire()) link_.page().brokers[broker].ended = 1;
      return true;
    });
  }

  void finishWhenClosed() {
    const bool allClosed = allFeeders(&Feeder::hasClosed);
    if (!allClosed && clock_.bootTime() < leaveBy_) return;
    const bool left =
        leavesToExpire_ || !allClosed || !allFeeders([](const Feeder& feeder) { return !feeder.leftToExpire(); });
    auto says = link::InstanceEnd::Stopped;
    if (left) {
      says = link::InstanceEnd::SessionsLeftToExpire;
    } else if (options_.drain && !stopping_) {
      says = core_.leftUnknownNames() ? link::InstanceEnd::DrainedExceptUnknown : link::InstanceEnd::DrainedEmpty;
    }
    link_.page().instanceEnd = says;
    // A feeder that waits for a store that does not answer is not waited for: its leases expire in the store.
    if (left) {
      flushLog();
      ::_exit(0);
    }
    finished_ = true;
  }

  void beat() {
    const auto oldest = clock_.bootTime() - kOldestThreadBeat;
    const auto alive = [&](const auto& thread) { return thread.lastBeat() >= oldest; };
    const bool all = allFeeders([&](const Feeder& feeder) { return feeder.hasClosed() || alive(feeder); }) &&
                     std::all_of(writers_.begin(), writers_.end(), alive);
    if (all) link_.page().dispatcherBeat = clock_.bootTime().time_since_epoch().count();
  }

  // While tasks take microseconds: lets hundreds end first, since a store settles hundreds for little more than one.
  void gather() { link_.dispatcherBell().waitFor(kGatherTime); }

  // Announces the sleep before it collects a last time: a worker that ends a task is either seen or rings the bell.
  void sleep() {
    auto& sleeps = link_.page().dispatcherSleeps;
    sleeps = 1;
    std::vector<Event> late;
    table_.collect(late);
    if (late.empty()) link_.dispatcherBell().waitFor(std::max<Duration>(lookAt_ - clock_.bootTime(), 0s));
    sleeps = 0;
    if (!late.empty()) perform(core_.step(std::move(late), now()));
  }

  void showOnBoard() {
    for (int slot = 0; slot < link_.workers(); ++slot) {
      const auto running = table_.executing(slot);
      const auto* task = running ? core_.taskIn(running->first) : nullptr;
      if (task == nullptr) {
        board_.clearTask(slot);
        continue;
      }
      board_.setTask(slot, task->head.id, task->head.name, running->second);
      const auto [fraction, text] = link_.slot(slot).readProgress();
      board_.setProgress(slot, fraction, text);
    }
  }

  ClockReading now() const { return {clock_.bootTime(), clock_.now()}; }

  const DispatcherOptions& options_;
  link::Link& link_;
  link::StatusBoard& board_;
  const Logger& logger_;
  const Clock& clock_;
  Inbox inbox_;
  SlotTable table_;
  const StoreThreadContext threads_;
  std::mt19937_64 random_{std::random_device{}()};
  Core core_;
  const base::NonBlockingOutput stderr_{STDERR_FILENO};
  BootTime lookAt_{};
  std::vector<std::string> storeLocations_;  // of the brokers
  std::uint32_t logsReopened_ = link_.page().logReopenings.load();
  std::vector<std::uint32_t> detaching_;  // brokers whose feeders are closing
  bool masterWasAlive_ = true;
  BootTime leaveBy_{};
  bool stopping_ = false, closing_ = false, leavesToExpire_ = false, finished_ = false;
  std::deque<MetaWriter> writers_;                // their threads use the members above
  std::vector<std::unique_ptr<Feeder>> feeders_;  // one per broker; null: it has ended
};

}  // namespace

int runDispatcher(const DispatcherOptions& options, link::Link& link, link::StatusBoard& board,
                  std::vector<broker::BrokerFactory> brokers, const std::vector<meta::MetaStorageFactory>& storages,
                  const Logger& logger, const Clock& clock) {
  if (::getppid() != options.masterPid) return 1;
  link.page().instanceEnd = link::InstanceEnd::None;
  Dispatcher dispatcher(options, link, board, std::move(brokers), storages, logger, clock);
  return dispatcher.run();
}

}  // namespace leptir::dispatcher
