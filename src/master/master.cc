#include "master/master.h"

#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "base/errno_text.h"
#include "base/process_tree.h"
#include "master/dispatcher_supervisor.h"
#include "master/master_context.h"
#include "master/metrics_supervisor.h"
#include "master/order_taker.h"
#include "master/reaper.h"
#include "master/reloader.h"
#include "master/shutdown.h"
#include "master/signals.h"
#include "master/status_publisher.h"
#include "master/workers.h"

namespace leptir::master {
namespace {

// While no task runs, cells are scanned half as often. That delays no time limit, which counts from the begin that the
// worker reports.
constexpr int kIdleTickFactor = 2;
constexpr Duration kEverySecond = std::chrono::seconds(1);
// How long the end of the instance waits for the killed metrics server.
constexpr Duration kMaxMetricsServerStopTime = std::chrono::seconds(1);

}  // namespace

class Master::Loop {
 public:
  Loop(MasterOptions options, link::Link& link, link::StatusBoard& board, const Logger& logger, const Clock& clock,
       ChildMains mains, std::function<void()> reopenLogs, ReloadHooks reload, std::function<void()> everySecond)
      : link_(link),
        logger_(logger),
        clock_(clock),
        reopenLogs_(std::move(reopenLogs)),
        everySecond_(std::move(everySecond)),
        context_{.options = std::move(options),
                 .link = link,
                 .board = board,
                 .log = MasterLog(logger),
                 .mains = std::move(mains),
                 .closeInChild = [this] { closeInChild(); }},
        dispatcher_(context_),
        workers_(context_),
        metrics_(context_),
        status_(context_, dispatcher_, workers_),
        shutdown_(context_, dispatcher_, workers_, status_),
        reloader_(context_, std::move(reload), dispatcher_, workers_, metrics_, shutdown_),
        orders_(context_, reloader_),
        reaper_(context_, clock, [this](const auto& report, const auto& left) { return handleExit(report, left); }) {}

  link::InstanceEnd run();

 private:
  Result<void> prepare();
  void wait();
  BootTime nextRoundAt() const;
  void takeSignals();
  void reopenLogs();
  bool handleExit(const ExitReport& report, const std::vector<base::ProcessInfo>& left);
  void tick();
  void beat(BootTime time);
  void callEverySecond(BootTime time);
  void endMetricsServer();
  void logEnd(link::InstanceEnd end) const;
  void closeInChild();
  BootTime now() const { return clock_.bootTime(); }

  link::Link& link_;
  const Logger& logger_;
  const Clock& clock_;
  const std::function<void()> reopenLogs_;
  const std::function<void()> everySecond_;
  MasterContext context_;
  DispatcherSupervisor dispatcher_;
  Workers workers_;
  MetricsSupervisor metrics_;
  StatusPublisher status_;
  Shutdown shutdown_;
  Reloader reloader_;
  OrderTaker orders_;
  Reaper reaper_;
  std::optional<SignalInbox> signals_;
  BootTime nextSecond_{};
};

Master::Master(MasterOptions options, link::Link& link, link::StatusBoard& board, const Logger& logger,
               const Clock& clock, ChildMains children, std::function<void()> reopenLogs, ReloadHooks reload,
               std::function<void()> everySecond)
    : loop_(std::make_unique<Loop>(std::move(options), link, board, logger, clock, std::move(children),
                                   std::move(reopenLogs), std::move(reload), std::move(everySecond))) {}
Master::~Master() = default;
link::InstanceEnd Master::run() {
  return loop_->run();
}

link::InstanceEnd Master::Loop::run() {
  if (const auto ready = prepare(); !ready) {
    context_.log.error("Leptir can't be started. " + ready.error().message());
    return link::InstanceEnd::Failed;
  }
  tick();
  while (!shutdown_.isOver(now())) {
    wait();
    takeSignals();
    reaper_.reapChildren();
    tick();
  }
  endMetricsServer();
  reaper_.killStrays();
  logEnd(*shutdown_.end());
  return *shutdown_.end();
}

Result<void> Master::Loop::prepare() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return Error(ErrorCode::Internal, "prctl: " + base::errnoText(errno));
  auto signals = SignalInbox::open();
  if (!signals) return signals.error();
  signals_.emplace(std::move(*signals));
  status_.openNotifier();
  for (const auto& child : base::childrenOf(::getpid())) context_.processes.addForeign(child.pid);
  return {};
}

void Master::Loop::wait() {
  const auto longest = std::max(nextRoundAt() - now(), Duration::zero());
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(longest);
  const timespec timeout{whole.count(), std::chrono::nanoseconds(longest - whole).count()};
  pollfd bells[] = {{signals_->descriptor(), POLLIN, 0}, {link_.masterBell().descriptor(), POLLIN, 0}};
  ::ppoll(bells, std::size(bells), &timeout, nullptr);
  link_.masterBell().clear();
  logger_.flush();
}

BootTime Master::Loop::nextRoundAt() const {
  const auto tick = workers_.anyTaskRuns() ? context_.options.tick : context_.options.tick * kIdleTickFactor;
  return std::min({now() + tick, shutdown_.next(), dispatcher_.next(), workers_.next(), metrics_.next()});
}

void Master::Loop::takeSignals() {
  while (const auto signal = signals_->next()) {
    if (*signal == SIGTERM || *signal == SIGINT || *signal == SIGQUIT) shutdown_.takeSignal(*signal, now());
    if (*signal == SIGHUP || *signal == SIGUSR1) reopenLogs();
    if (*signal == SIGHUP) reloader_.request(now());
  }
}

void Master::Loop::reopenLogs() {
  if (reopenLogs_) reopenLogs_();
  ++link_.page().logReopenings;
  link_.dispatcherBell().ring();
  workers_.signal(SIGUSR1);
  metrics_.reopenLogs();
}

// True: the supervisor of a worker logs itself what the worker left running.
bool Master::Loop::handleExit(const ExitReport& report, const std::vector<base::ProcessInfo>& left) {
  if (workers_.handleExit(report, left)) return true;
  if (dispatcher_.handleExit(report, shutdown_.stage(report.at)) || metrics_.handleExit(report)) return false;
  reloader_.handleExit(report);
  return false;
}

void Master::Loop::tick() {
  const auto time = now();
  beat(time);
  shutdown_.publishStage(time);
  orders_.tick(time);
  reloader_.tick(time);
  dispatcher_.tick(time);
  shutdown_.tick(time);
  workers_.tick(time, shutdown_.stage(time));
  metrics_.tick(time);
  status_.publish(time, shutdown_.hasBegun(time));
  callEverySecond(time);
}

void Master::Loop::beat(BootTime time) {
  link_.page().masterBeat = time.time_since_epoch().count();
}

void Master::Loop::callEverySecond(BootTime time) {
  if (!everySecond_ || time < nextSecond_) return;
  nextSecond_ = time + kEverySecond;
  everySecond_();
}

// It serves until all tasks have ended, so that a long shutdown can be watched.
void Master::Loop::endMetricsServer() {
  metrics_.end();
  const auto until = now() + kMaxMetricsServerStopTime;
  while (metrics_.isRunning() && now() < until) {
    const timespec moment{0, 1'000'000};
    ::nanosleep(&moment, nullptr);
    reaper_.reapChildren();
  }
}

void Master::Loop::logEnd(link::InstanceEnd end) const {
  if (end == link::InstanceEnd::DrainedExceptUnknown) {
    context_.log.warning(
        "Drained, except for tasks whose names this program does not know: exit status 1. Run a program that has these "
        "tasks.");
  } else {
    context_.log.info("All good. I'm out for now.");
  }
}

void Master::Loop::closeInChild() {
  signals_->closeInChild();
  status_.closeInChild();
  dispatcher_.closeInChild();
  reloader_.closeInChild();
  workers_.closeInChild();
  metrics_.closeInChild();
}

}  // namespace leptir::master
