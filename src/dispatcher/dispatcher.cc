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
#include "base/failpoint.h"
#include "base/nonblocking_output.h"
#include "dispatcher/core.h"
#include "dispatcher/feeder.h"
#include "dispatcher/inbox.h"
#include "dispatcher/meta_writer.h"
#include "dispatcher/slot_table.h"
#include "link/stderr_carrier.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

// How often cells are looked at beside the bell: seldom when nothing stands behind anything.
constexpr Duration kLook = 100ms;
constexpr Duration kLookAhead = 10ms;
constexpr Duration kGather = 300us;
// A thread that has not come round for this long is stuck in its store; the beat, which vouches for it, stops.
constexpr Duration kThreadBeat = 12s;
// Nothing is assigned while nobody watches over limits.
constexpr Duration kMasterBeat = 5s;
// So long feeders may take to close: their own patience and the end of what they are at; or only that, once it was said
// that nothing more is waited for.
constexpr Duration kLongestClose = 12s, kLastTry = 1s;
// How long an ending dispatcher waits for a slow reader of the log.
constexpr Duration kLastLines = 200ms;

class Dispatcher {
 public:
  Dispatcher(const DispatcherOptions& options, Link& link, StatusBoard& board, std::vector<BrokerSeat> brokers,
             const std::vector<MetaSeat>& storages, const Logger& logger, const Clock& clock)
      : options_(options),
        link_(link),
        board_(board),
        logger_(logger),
        clock_(clock),
        inbox_(link.dispatcherBell()),
        table_(link, clock),
        core_(coreOptions(brokers, storages), [this] { return std::uniform_real_distribution<double>()(random_); }) {
    perform(core_.step(table_.adopt(), now()));
    LEPTIR_FAILPOINT("dispatcher.after_adopt");
    startThreads(std::move(brokers), storages);
  }

  int run() {
    while (!finished_) {
      beat();
      turn();
      if (link_.page().handOver != 0) leaveEverything();
      if (const auto says = link_.page().dispatcherSays.load(); says == DispatcherSays::StoreUnusable)
        return kExitStoreUnusable;
      if (::getppid() != options_.masterPid) return 1;
      if (!finished_) core_.isHurried() ? gather() : sleep();
    }
    flushLog();
    return 0;
  }

 private:
  CoreOptions coreOptions(const std::vector<BrokerSeat>& brokers, const std::vector<MetaSeat>& storages) const {
    CoreOptions options;
    for (const auto& broker : brokers) {
      options.brokerPriorities.push_back(broker.priority);
      options.brokerNames.push_back(broker.name);
      options.leasedAlone.push_back(link_.page().brokers[options.leaving.size()].leasedAlone != 0);
      options.leaving.push_back(broker.leaving);
      options.storagesBeside.push_back(static_cast<int>(besideOf(broker, storages).size()));
    }
    options.slots = link_.workers();
    options.requiredStorages = static_cast<int>(
        std::count_if(storages.begin(), storages.end(), [](const auto& seat) { return seat.required; }));
    options.hasStorages = !storages.empty();
    options.names = options_.names;
    options.rules = options_.rules;
    options.taskExecutionTime = options_.taskExecutionTime;
    options.carefulUntil = BootTime(Duration(link_.page().carefulUntil.load()));
    options.drain = options_.drain;
    options.author = {options_.card.host, options_.masterPid};
    return options;
  }

  // The required storages that lie where a broker does: its feeder saves the records of its tasks there, without a way
  // through another thread.
  static std::vector<MetaSeat> besideOf(const BrokerSeat& broker, const std::vector<MetaSeat>& storages) {
    std::vector<MetaSeat> beside;
    std::ranges::copy_if(storages, std::back_inserter(beside),
                         [&](const MetaSeat& storage) { return liesBeside(storage, broker.place); });
    return beside;
  }

  // A limit on processes counts threads too. Threads that did start end with this process.
  void startThreads(std::vector<BrokerSeat> brokers, const std::vector<MetaSeat>& storages) try {
    openWriters(storages);
    openFeeders(std::move(brokers), storages);
  } catch (const std::system_error& error) {
    const bool isOfDescriptors = error.code() == std::errc::too_many_files_open;
    const auto why = isOfDescriptors ? errnoText(error.code().value())
                                     : std::string(error.what()) + ": raise the limit on processes (ulimit -u, " +
                                           "TasksMax of systemd, pids.max of a container)";
    logger_.error("The dispatcher cannot start its threads: " + why);
    flushLog();
    ::_exit(1);
  }

  void openWriters(const std::vector<MetaSeat>& storages) {
    for (const auto& seat : storages) {
      writers_.emplace_back(seat, storages.size() == 1, inbox_, logger_, clock_,
                            [this](const Error& why) { storeUnusable(why); });
    }
  }

  void openFeeders(std::vector<BrokerSeat> brokers, const std::vector<MetaSeat>& storages) {
    for (std::uint32_t i = 0; i < brokers.size(); ++i) {
      places_.push_back(brokers[i].place);
      feeders_.push_back(nullptr);
      if (hasEnded(i, brokers[i].leaving)) continue;
      FeederOptions feeder;
      feeder.broker = i;
      feeder.instance = options_.instance;
      feeder.predecessor = options_.predecessor;
      feeder.card = options_.card;
      feeder.emptyQueueSleepTime = options_.emptyQueueSleepTime;
      feeder.workersActiveSleepTime = options_.workersActiveSleepTime;
      auto beside = besideOf(brokers[i], storages);
      std::function<void(const Error&)> unusable = [this](const Error& why) { storeUnusable(why); };
      if (brokers[i].leaving) unusable = [](const Error&) {};  // no reason to end: nothing new comes from there
      feeders_.back() =
          std::make_unique<Feeder>(std::move(feeder), std::move(brokers[i]), std::move(beside), storages.size() == 1,
                                   link_.page(), inbox_, logger_, clock_, std::move(unusable));
    }
  }

  // A broker that was taken out of the configuration and holds nothing of ours.
  bool hasEnded(std::uint32_t broker, bool leaving) {
    auto& line = link_.page().brokers[broker];
    if (leaving && line.epoch == 0) line.ended = 1;
    return leaving && line.ended != 0;
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

  // Between two turns, so nothing that was counted is half done. What threads are doing in their stores just now is as
  // if we had died: the next one asks the stores.
  [[noreturn]] void leaveEverything() {
    carryStderr(link_, stderr_);
    flushLog();
    link_.page().dispatcherSays = DispatcherSays::HandedOver;
    ::_exit(0);
  }

  // Any thread.
  void storeUnusable(const Error& why) {
    logger_.error("This store can never be used as configured: " + why.message());
    link_.page().dispatcherSays = DispatcherSays::StoreUnusable;
    inbox_.ring();
  }

  void turn() {
    auto events = inbox_.take();
    table_.collect(events);
    if (clock_.bootTime() >= lookAt_) look(events);
    if (const bool works = masterWorks(); works != std::exchange(masterWorked_, works))
      events.push_back(event::MasterSeen{works});
    if (link_.page().stopping != Stopping::No && !std::exchange(stopping_, true)) events.push_back(event::Stop{});
    if (!events.empty()) perform(core_.step(std::move(events), now()));
    if (closing_) finishWhenClosed();
  }

  bool masterWorks() const {
    return clock_.bootTime() - BootTime(Duration(link_.page().masterBeat.load())) <= kMasterBeat;
  }

  void look(std::vector<Event>& events) {
    table_.look(events);
    events.push_back(event::Tick{});
    link_.page().brokersAway = core_.brokersAway();
    noteLeavers();
    followLogs();
    showOnBoard();
    carryStderr(link_, stderr_);
    logger_.flush();
    lookAt_ = clock_.bootTime() + (core_.looksAhead() ? kLookAhead : kLook);
  }

  // What the log could not say stays counted, and the master says it.
  void flushLog() const {
    const auto until = clock_.bootTime() + kLastLines;
    while (!logger_.flush() && clock_.bootTime() < until) link_.dispatcherBell().waitFor(kLookAhead);
  }

  void followLogs() {
    const auto times = link_.page().logsReopened.load();
    if (times != std::exchange(logsReopened_, times) && options_.reopenLogs) options_.reopenLogs();
  }

  void perform(Actions actions) {
    for (const auto& [level, message] : actions.log) logger_.log(level, message);
    for (const auto cell : actions.forgetSettleTries) table_.forgetSettleTries(cell);
    if (!actions.free.empty()) LEPTIR_FAILPOINT("dispatcher.before_free");
    for (const auto cell : actions.free) table_.free(cell);
    if (!actions.assign.empty()) LEPTIR_FAILPOINT("dispatcher.before_assign");
    for (const auto& assign : actions.assign) table_.assign(assign);
    if (!actions.assign.empty()) LEPTIR_FAILPOINT("dispatcher.before_ring");
    table_.ringWorkers();
    if (!actions.save.empty()) LEPTIR_FAILPOINT("dispatcher.before_save");
    for (const auto& batch : actions.save) save(batch);
    for (auto& batch : actions.settle) feeders_[batch->broker]->settle(std::move(batch));
    for (const auto& room : actions.rooms) {
      auto* feeder = feederOf(room.broker);
      if (feeder == nullptr) continue;
      if (room.tasks > 0) link_.page().brokers[room.broker].leasedAlone = room.alone ? 1 : 0;
      feeder->setRoom(room.tasks, room.seen);
    }
    for (const auto& wish : actions.wishes) table_.wish(wish);
    for (auto& running : actions.running) {
      if (auto* feeder = feederOf(running.broker)) feeder->setRunning(std::move(running.leases));
    }
    for (const auto broker : actions.count) feeders_[broker]->count();
    for (const auto broker : actions.letGo) letGo(broker);
    if (actions.succeeded + actions.failed > 0) board_.addSettled(actions.succeeded + actions.failed, actions.failed);
    if (actions.closeBrokers) closeBrokers(actions.leavesToExpire);
    takeBack(actions.takeBack);
  }

  void save(const std::shared_ptr<SettleBatch>& batch) {
    for (auto& writer : writers_) {
      if (!writer.isBeside(places_[batch->broker])) writer.save(batch);
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
    forEachFeeder([&](Feeder& feeder) { feeder.close(!leavesToExpire); });
  }

  void letGo(std::uint32_t broker) {
    feeders_[broker]->leave();
    lettingGo_.push_back(broker);
  }

  void noteLeavers() {
    std::erase_if(lettingGo_, [this](std::uint32_t broker) {
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
    auto says = DispatcherSays::Finished;
    if (left) {
      says = DispatcherSays::LeftToExpire;
    } else if (options_.drain && !stopping_) {
      says = core_.leftUnknown() ? DispatcherSays::DrainedUnknown : DispatcherSays::DrainedEmpty;
    }
    link_.page().dispatcherSays = says;
    // A thread that stands in a store which does not answer is not waited for: with this process nothing is lost.
    if (left) {
      flushLog();
      ::_exit(0);
    }
    finished_ = true;
  }

  void beat() {
    const auto oldest = clock_.bootTime() - kThreadBeat;
    const auto alive = [&](const auto& thread) { return thread.lastBeat() >= oldest; };
    const bool all = allFeeders([&](const Feeder& feeder) { return feeder.hasClosed() || alive(feeder); }) &&
                     std::all_of(writers_.begin(), writers_.end(), alive);
    if (all) link_.page().dispatcherBeat = clock_.bootTime().time_since_epoch().count();
  }

  // While tasks take microseconds: lets some hundreds gather, since a store settles hundreds for little more than one.
  void gather() { link_.dispatcherBell().waitFor(kGather); }

  // Says that it sleeps before it looks a last time, so that whoever has something to say either is seen or rings.
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

  Moment now() const { return {clock_.bootTime(), clock_.now()}; }

  const DispatcherOptions& options_;
  Link& link_;
  StatusBoard& board_;
  const Logger& logger_;
  const Clock& clock_;
  Inbox inbox_;
  SlotTable table_;
  std::mt19937_64 random_{std::random_device{}()};
  Core core_;
  const NonBlockingOutput stderr_{STDERR_FILENO};
  BootTime lookAt_{};
  std::vector<std::string> places_;  // of the brokers
  std::uint32_t logsReopened_ = link_.page().logsReopened.load();
  std::vector<std::uint32_t> lettingGo_;  // brokers whose feeders end
  bool masterWorked_ = true;
  BootTime leaveBy_{};
  bool stopping_ = false, closing_ = false, leavesToExpire_ = false, finished_ = false;
  std::deque<MetaWriter> writers_;                // their threads use the members above
  std::vector<std::unique_ptr<Feeder>> feeders_;  // of each broker; none: it has ended
};

}  // namespace

int runDispatcher(const DispatcherOptions& options, Link& link, StatusBoard& board, std::vector<BrokerSeat> brokers,
                  const std::vector<MetaSeat>& storages, const Logger& logger, const Clock& clock) {
  if (::getppid() != options.masterPid) return 1;
  link.page().dispatcherSays = DispatcherSays::Nothing;
  Dispatcher dispatcher(options, link, board, std::move(brokers), storages, logger, clock);
  return dispatcher.run();
}

}  // namespace leptir
