#include "dispatcher/dispatcher.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <random>
#include <utility>

#include "base/exit_code.h"
#include "base/failpoint.h"
#include "base/nonblocking_output.h"
#include "dispatcher/colocated_storages.h"
#include "dispatcher/core.h"
#include "dispatcher/dispatcher_metrics.h"
#include "dispatcher/error_reports.h"
#include "dispatcher/inbox.h"
#include "dispatcher/instance_cards.h"
#include "dispatcher/slot_table.h"
#include "dispatcher/span_export.h"
#include "dispatcher/store_threads.h"
#include "link/stderr_forwarder.h"

namespace leptir::dispatcher {
namespace {

// How often the slots are checked when the bell does not ring: more often while tasks wait in a slot behind others.
constexpr Duration kCheckSlotsEvery = std::chrono::milliseconds(100);
constexpr Duration kCheckBusySlotsEvery = std::chrono::milliseconds(10);
// How often the feeders get new cards of this instance to publish.
constexpr Duration kMakeCardsEvery = std::chrono::seconds(1);
constexpr Duration kGatherTime = std::chrono::microseconds(300);
// A thread without a beat for this long is stuck in its store. The dispatcher's own beat stops then, so that the master
// replaces the dispatcher.
constexpr Duration kMaxThreadBeatAge = std::chrono::seconds(12);
// Nothing is assigned while the master's beat is older than this: time limits would not be enforced.
constexpr Duration kMaxMasterBeatAge = std::chrono::seconds(5);
// Timeouts for closing the feeders: graceful (FeederOptions::closeWithin and the operation in work), and after giving
// up on a store that is down.
constexpr Duration kCloseTimeout = std::chrono::seconds(12), kLastTryTimeout = std::chrono::seconds(1);
// How long an ending dispatcher waits until its error reports are with their reporters; less where a successor waits
// (DispatcherSupervisor kills it after 2 s).
constexpr Duration kReportTimeoutAtEnd = std::chrono::seconds(5), kReportTimeoutAtHandOver = std::chrono::seconds(1);
// How long an ending dispatcher waits for a slow reader of its log.
constexpr Duration kLastLinesTimeout = std::chrono::milliseconds(200);

CoreOptions coreOptionsOf(const DispatcherOptions& options, link::Link& link,
                          const std::vector<broker::BrokerFactory>& brokers,
                          const std::vector<meta::MetaStorageFactory>& storages,
                          std::function<bool()> hasRoomForSpans) {
  CoreOptions core{
      .slotCount = link.workers(),
      .requiredStorageCount = static_cast<int>(std::ranges::count_if(storages, &meta::MetaStorageFactory::required)),
      .hasStorages = !storages.empty(),
      .taskNames = options.names,
      .taskRules = options.rules,
      .defaultTimeLimit = options.taskExecutionTime,
      .singleLeasesUntil = BootTime(Duration(link.page().singleLeasesUntil.load())),
      .reportsErrors = !options.reporters.empty(),
      .traceSettings = options.tracing.traceSettings(),
      .hasRoomForSpans = std::move(hasRoomForSpans),
      .drain = options.drain,
      .author = {options.info.host, options.masterPid}};
  for (const auto& broker : brokers) {
    core.brokers.push_back({.name = broker.name,
                            .priority = broker.priority,
                            .detaching = broker.detaching,
                            .colocatedStorages = static_cast<int>(colocatedWith(broker.storeLocation, storages).size()),
                            .wasLeasedSingly = link.page().brokers[core.brokers.size()].singleLeaseMode != 0});
  }
  return core;
}

// The main loop: brings events to the core and performs its actions.
class Dispatcher {
 public:
  Dispatcher(const DispatcherOptions& options, link::Link& link, link::StatusBoard& board,
             const std::vector<broker::BrokerFactory>& brokers, const std::vector<meta::MetaStorageFactory>& storages,
             const Logger& logger, const Clock& clock)
      : options_(options),
        link_(link),
        board_(board),
        logger_(logger),
        clock_(clock),
        inbox_(link.dispatcherBell()),
        spans_(options, board, logger),
        core_(coreOptionsOf(options, link, brokers, storages, [this] { return spans_.hasRoom(); }),
              [this] { return std::uniform_real_distribution<double>()(random_); }),
        table_(link, core_.slots(), clock),
        recent_(brokers.size(), clock.bootTime()),
        cards_({.options = options,
                .board = board,
                .table = table_,
                .slots = core_.slots(),
                .recent = recent_,
                .page = link.page(),
                .clock = clock},
               brokers),
        errorReports_(options.reporters, link, board, logger, clock),
        metrics_(board.metrics(), brokers, storages, {options.names.begin(), options.names.end()}, clock.bootTime()),
        threads_({.options = options,
                  .page = link.page(),
                  .rows = metrics_.rows(),
                  .inbox = inbox_,
                  .logger = logger,
                  .clock = clock,
                  .answers = {.logs = link.runLogs(), .board = board, .clock = clock}}) {
    perform(core_.step(table_.adopt(), now()));
    LEPTIR_FAILPOINT("dispatcher.after_adopt");
    startThreads(brokers, storages);
  }

  int run() {
    while (!finished_) {
      beat();
      turn();
      if (link_.page().handOver != 0) handOverWhenReported();
      if (link_.page().instanceEnd == link::InstanceEnd::StoreUnusable) return base::kExitStoreUnusable;
      if (::getppid() != options_.masterPid) return 1;
      if (!finished_) waitForEvents();
    }
    flushLog();
    return 0;
  }

 private:
  // If one thread cannot start, the process exits, which ends the threads that did start.
  void startThreads(const std::vector<broker::BrokerFactory>& brokers,
                    const std::vector<meta::MetaStorageFactory>& storages) {
    const auto started = threads_.start(brokers, storages);
    if (started) return;
    logger_.error("The dispatcher cannot start its threads: " + started.error().message());
    flushLog();
    ::_exit(1);
  }

  void handOverWhenReported() {
    if (!handOverDeadline_) {
      errorReports_.sendHeldBack();
      spans_.beginFlush();
      handOverDeadline_ = clock_.bootTime() + kReportTimeoutAtHandOver;
    }
    if ((errorReports_.isIdle() && spans_.isIdle()) || clock_.bootTime() >= *handOverDeadline_) handOverAndExit();
  }

  // Hands over to the next dispatcher. Called between two turns, so that no counted task is half settled. Operations
  // that threads have in flight end as if this process had been killed: the next dispatcher asks the stores about them.
  [[noreturn]] void handOverAndExit() {
    errorReports_.drop("their reporters did not take them before the configuration was exchanged",
                       ErrorReports::RunningReport::Continues);
    spans_.abandon("they were not sent before the configuration was exchanged");
    link::forwardStderr(link_, stderr_);
    flushLog();
    link_.page().instanceEnd = link::InstanceEnd::None;
    ::_exit(0);
  }

  void beat() {
    if (threads_.allAliveSince(clock_.bootTime() - kMaxThreadBeatAge))
      link_.page().dispatcherBeat = clock_.bootTime().time_since_epoch().count();
  }

  void turn() {
    events_.clear();
    inbox_.takeInto(events_);
    table_.collectEnded(events_);
    if (clock_.bootTime() >= slotCheckAt_) checkSlots(events_);
    addEventsOfMaster(events_);
    if (!events_.empty()) perform(core_.step(std::move(events_), now()));
    errorReports_.turn(masterWasAlive_);
    if (closing_) finishWhenClosed();
  }

  void addEventsOfMaster(std::vector<Event>& events) {
    if (const bool works = masterIsAlive(); works != std::exchange(masterWasAlive_, works))
      events.push_back(event::MasterLiveness{works});
    if (link_.page().stopping != link::ShutdownStage::No && !std::exchange(stopping_, true))
      events.push_back(event::Stop{});
    if (const bool drained = link_.page().drained != 0; drained != std::exchange(drained_, drained))
      events.push_back(event::DrainChanged{drained});
  }

  bool masterIsAlive() const {
    return clock_.bootTime() - BootTime(Duration(link_.page().masterBeat.load())) <= kMaxMasterBeatAge;
  }

  void checkSlots(std::vector<Event>& events) {
    table_.collectReadinessAndRunning(events);
    events.push_back(event::Tick{});
    link_.page().brokersWithoutSession = core_.brokersWithoutSession();
    threads_.publishDetached();
    reopenLogsIfAsked();
    updateStatusBoard();
    metrics_.tick(core_, logger_, clock_.bootTime());
    makeCardsWhenDue();
    link::forwardStderr(link_, stderr_);
    logger_.flush();
    slotCheckAt_ = clock_.bootTime() + (core_.slots().hasTasksBehindOthers() ? kCheckBusySlotsEvery : kCheckSlotsEvery);
  }

  void reopenLogsIfAsked() {
    const auto times = link_.page().logReopenings.load();
    if (times != std::exchange(logsReopened_, times) && options_.reopenLogs) options_.reopenLogs();
  }

  void updateStatusBoard() {
    const auto& requests = link_.page().storeRequests;
    board_.setStoreRequests({requests.sent, requests.repeated, requests.throttled});
    spans_.publish();
    for (int slot = 0; slot < link_.workers(); ++slot) {
      const auto running = table_.executingCell(slot);
      const auto* task = running ? core_.slots().taskIn(running->first) : nullptr;
      if (task == nullptr) {
        board_.clearTask(slot);
        continue;
      }
      board_.setTask(slot, task->head.id, task->head.name, running->second);
      const auto [fraction, text] = link_.slot(slot).readProgress();
      board_.setProgress(slot, fraction, text);
    }
  }

  void makeCardsWhenDue() {
    const UrgentCardState state{link_.page().drained != 0, board_.state(), board_.reloads()};
    const bool hasChanged = std::exchange(lastUrgentCardState_, state) != state;
    if (clock_.bootTime() < cardsAt_ && !hasChanged) return;
    cardsAt_ = clock_.bootTime() + kMakeCardsEvery;
    threads_.setCards(cards_.make());
  }

  // --- the actions, in the order of their members

  void perform(Actions actions) {
    for (const auto& line : actions.logLines) {
      logger_.log(line.level, line.text, {.id = line.id, .name = line.name, .attempt = line.attempt});
    }
    changeCells(actions);
    if (!actions.errorReports.empty()) errorReports_.add(std::move(actions.errorReports));
    if (!actions.tracedRuns.empty() || actions.droppedSpans > 0)
      spans_.add(std::move(actions.tracedRuns), actions.droppedSpans);
    instructThreads(actions);
    if (actions.succeeded + actions.failed > 0) board_.addSettled(actions.succeeded + actions.failed, actions.failed);
    metrics_.count(actions.settledForMetrics);
    for (const auto& settled : actions.settledCounts)
      recent_.add(settled.broker, settled.succeeded + settled.failed, settled.failed, clock_.bootTime());
    takeBack(actions.slotsToTakeBackFrom);
  }

  void changeCells(const Actions& actions) {
    for (const auto cell : actions.cellsThatAwaitStores) table_.forgetSettleStarts(cell);
    for (const auto& request : actions.stopRequests) table_.requestStop(request);
    if (!actions.cellsToFree.empty()) LEPTIR_FAILPOINT("dispatcher.before_free");
    for (const auto cell : actions.cellsToFree) table_.freeCell(cell);
    if (!actions.assignments.empty()) LEPTIR_FAILPOINT("dispatcher.before_assign");
    for (const auto& assignment : actions.assignments) table_.assign(assignment);
    if (!actions.assignments.empty()) LEPTIR_FAILPOINT("dispatcher.before_ring");
    table_.wakeWorkers();
  }

  void instructThreads(Actions& actions) {
    if (!actions.batchesToSave.empty()) LEPTIR_FAILPOINT("dispatcher.before_save");
    for (const auto& batch : actions.batchesToSave) threads_.save(batch);
    for (auto& batch : actions.batchesToSettle) threads_.settle(std::move(batch));
    for (const auto& credit : actions.leaseCredits) threads_.setLeaseCredit(credit);
    for (auto& running : actions.runningLeases) threads_.setRunning(std::move(running));
    for (const auto broker : actions.brokersToCount) threads_.count(broker);
    for (const auto broker : actions.brokersToDetach) threads_.detach(broker);
    if (actions.closeSessions) closeSessions(*actions.closeSessions);
  }

  void takeBack(const std::vector<int>& slots) {
    std::vector<Event> events;
    for (const int slot : slots) {
      auto taken = table_.takeBack(slot);
      if (!taken.envelopes.empty()) events.emplace_back(std::move(taken));
    }
    if (!events.empty()) perform(core_.step(std::move(events), now()));
  }

  // --- the end

  void closeSessions(SessionClose how) {
    closing_ = how;
    errorReports_.sendHeldBack();
    spans_.beginFlush();
    reportDeadline_ = clock_.bootTime() + kReportTimeoutAtEnd;
    closeDeadline_ = clock_.bootTime() + (how == SessionClose::LeaveToExpire ? kLastTryTimeout : kCloseTimeout);
    threads_.closeSessions(how);
  }

  void finishWhenClosed() {
    const bool allClosed = threads_.allSessionsClosed();
    if (!allClosed && clock_.bootTime() < closeDeadline_) return;
    if (!(errorReports_.isIdle() && spans_.isIdle()) && clock_.bootTime() < reportDeadline_) return;
    errorReports_.drop("their reporters did not take them before the end of the instance",
                       ErrorReports::RunningReport::IsDropped);
    const bool isSending = !spans_.isIdle();
    spans_.abandon("they were not sent before the end of the instance");
    const bool isLeftToExpire = closing_ == SessionClose::LeaveToExpire || !allClosed || threads_.anyLeftToExpire();
    link_.page().instanceEnd = isLeftToExpire ? link::InstanceEnd::SessionsLeftToExpire : cleanEnd();
    // A feeder that waits for a store that does not answer is not waited for: its leases expire in the store. Nor is
    // the request with the last spans.
    if (isLeftToExpire || isSending) {
      flushLog();
      ::_exit(0);
    }
    finished_ = true;
  }

  link::InstanceEnd cleanEnd() const {
    if (!options_.drain || stopping_) return link::InstanceEnd::Stopped;
    return core_.hasTasksOfUnknownNames() ? link::InstanceEnd::DrainedExceptUnknown : link::InstanceEnd::DrainedEmpty;
  }

  // Lines that still cannot be written stay counted, and the master logs their number.
  void flushLog() const {
    const auto until = clock_.bootTime() + kLastLinesTimeout;
    while (!logger_.flush() && clock_.bootTime() < until) link_.dispatcherBell().waitFor(kCheckBusySlotsEvery);
  }

  // --- waiting

  void waitForEvents() { core_.slots().hasManyShortTasks() ? gather() : sleep(); }

  // While tasks take microseconds: lets hundreds end first, since a store settles hundreds for little more than one.
  void gather() { link_.dispatcherBell().waitFor(kGatherTime); }

  // Announces the sleep before it collects a last time: a worker that ends a task is either seen or rings the bell.
  void sleep() {
    auto& sleeps = link_.page().dispatcherSleeps;
    sleeps = 1;
    std::vector<Event> late;
    table_.collectEnded(late);
    if (late.empty() && !errorReports_.hasReportEnded())
      link_.dispatcherBell().waitFor(std::max(slotCheckAt_ - clock_.bootTime(), Duration::zero()));
    sleeps = 0;
    if (!late.empty()) perform(core_.step(std::move(late), now()));
  }

  ClockReading now() const { return {clock_.bootTime(), clock_.now()}; }

  // When one of these values changes, new cards are made and published at once.
  struct UrgentCardState {
    bool isDrained = false;
    link::InstanceState state{};
    link::BoardReloads reloads{};
    friend bool operator==(const UrgentCardState&, const UrgentCardState&) = default;
  };

  const DispatcherOptions& options_;
  link::Link& link_;
  link::StatusBoard& board_;
  const Logger& logger_;
  const Clock& clock_;
  Inbox inbox_;
  std::mt19937_64 random_{std::random_device{}()};
  SpanExport spans_;
  Core core_;
  SlotTable table_;
  RecentCounts recent_;
  const InstanceCards cards_;
  std::vector<Event> events_;  // of this turn; a member, so that its memory is used again
  ErrorReports errorReports_;
  DispatcherMetrics metrics_;
  const base::NonBlockingOutput stderr_{STDERR_FILENO};
  BootTime slotCheckAt_{};  // when the slots are checked next
  BootTime cardsAt_{};      // when the next cards are made
  UrgentCardState lastUrgentCardState_{};
  std::uint32_t logsReopened_ = link_.page().logReopenings.load();
  bool masterWasAlive_ = true;
  bool stopping_ = false, drained_ = false, finished_ = false;
  std::optional<SessionClose> closing_;       // the feeders were told to close their sessions
  BootTime closeDeadline_{};                  // how long the dispatcher waits for the feeders
  BootTime reportDeadline_{};                 // how long error reports are waited for meanwhile
  std::optional<BootTime> handOverDeadline_;  // how long it waits for error reports before a hand-over
  StoreThreads threads_;                      // last: the threads use the members above
};

}  // namespace

int runDispatcher(const DispatcherOptions& options, link::Link& link, link::StatusBoard& board,
                  const std::vector<broker::BrokerFactory>& brokers,
                  const std::vector<meta::MetaStorageFactory>& storages, const Logger& logger, const Clock& clock) {
  if (::getppid() != options.masterPid) return 1;
  link.page().instanceEnd = link::InstanceEnd::None;
  Dispatcher dispatcher(options, link, board, brokers, storages, logger, clock);
  return dispatcher.run();
}

}  // namespace leptir::dispatcher
