#include "master/master.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <deque>

#include "base/nonblocking_output.h"
#include "base/process_tree.h"
#include "base/saturated.h"
#include "master/dispatcher_supervisor.h"
#include "master/master_context.h"
#include "master/reloader.h"
#include "master/service_notifier.h"
#include "master/shutdown_schedule.h"
#include "master/signals.h"
#include "master/waits_for.h"
#include "master/worker_supervisor.h"

namespace leptir::master {
namespace {

using namespace std::chrono_literals;

// While no task runs, cells are scanned half as often. That delays no time limit, which counts from the begin that the
// worker reports.
constexpr int kIdleTicks = 2;
// How long workers may take to exit before they are killed; more if the grace of their tasks is longer.
constexpr Duration kLeaveGrace = 2s;
// How long the master waits for killed workers; then it exits although the kernel still holds one.
constexpr Duration kGiveUp = 10s;

}  // namespace

class Master::Loop {
 public:
  Loop(MasterOptions options, link::Link& link, link::StatusBoard& board, const Logger& logger, const Clock& clock,
       ChildMains mains, std::function<void()> reopenLogs, ReloadHooks reload, std::function<void()> everySecond);

  MasterEnd run();

 private:
  Result<void> prepare();
  void wait();
  void takeSignals();
  void reopenLogs();
  void requestReload();
  void advanceReload(BootTime time);
  void commitReload(BootTime time);
  void renewWorkers();
  void shutDown(int signal);
  void reapChildren();
  void reapChild(int pid);
  void tick();
  void publish(link::ShutdownStage stopping);
  void stopWithoutDispatcher(BootTime time);
  InstanceView view(BootTime time);
  void publishState(BootTime time);
  void logWhatItWaitsFor(int signal);
  int slotsInUse() const;
  void leave(MasterEnd end);
  void endWorkers();
  bool allGone() const;
  void endStrays();
  void closeInChild();
  BootTime nextTick() const;
  bool anyTaskRuns() const;
  BootTime now() const { return clock_.bootTime(); }

  MasterOptions options_;
  link::Link& link_;
  const Logger& logger_;
  const Clock& clock_;
  const ChildMains mains_;
  const std::function<void()> reopenLogs_;
  const ReloadHooks reload_;
  const std::function<void()> everySecond_;
  MasterContext context_;
  ShutdownSchedule shutdown_;
  DispatcherSupervisor dispatcher_;
  Reloader reloader_;
  std::optional<MasterOptions> prepared_;  // the new options of a reload, while the dispatcher is handing over
  std::deque<WorkerSupervisor> workers_;
  std::optional<SignalInbox> signals_;
  ServiceNotifier notifier_;
  bool wasReady_ = false;
  BootTime settleUntil_ = BootTime::max();
  std::optional<MasterEnd> end_;  // set once the workers have been told to exit
  BootTime leaveUntil_ = BootTime::max();
  BootTime nextSecond_{};
};

Master::Master(MasterOptions options, link::Link& link, link::StatusBoard& board, const Logger& logger,
               const Clock& clock, ChildMains children, std::function<void()> reopenLogs, ReloadHooks reload,
               std::function<void()> everySecond)
    : loop_(std::make_unique<Loop>(std::move(options), link, board, logger, clock, std::move(children),
                                   std::move(reopenLogs), std::move(reload), std::move(everySecond))) {}
Master::~Master() = default;
MasterEnd Master::run() {
  return loop_->run();
}

Master::Loop::Loop(MasterOptions options, link::Link& link, link::StatusBoard& board, const Logger& logger,
                   const Clock& clock, ChildMains mains, std::function<void()> reopenLogs, ReloadHooks reload,
                   std::function<void()> everySecond)
    : options_(std::move(options)),
      link_(link),
      logger_(logger),
      clock_(clock),
      mains_(std::move(mains)),
      reopenLogs_(std::move(reopenLogs)),
      reload_(std::move(reload)),
      everySecond_(std::move(everySecond)),
      context_{options_, link, board, MasterLog(logger), clock, mains_},
      shutdown_(options_.shutdownGrace),
      dispatcher_(context_),
      reloader_(context_, reload_) {
  context_.closeInChild = [this] { closeInChild(); };
  renewWorkers();
}

MasterEnd Master::Loop::run() {
  if (const auto ready = prepare(); !ready) {
    context_.log.error("Leptir can't be started. " + ready.error().message());
    return MasterEnd::Failed;
  }
  tick();
  while (!end_ || !allGone()) {
    wait();
    takeSignals();
    reapChildren();
    tick();
    if (end_ && now() > leaveUntil_ + kGiveUp) break;
  }
  endStrays();
  if (end_ == MasterEnd::DrainedExceptUnknown) {
    context_.log.warning("Drained, but tasks of unknown names are left: exit status 1.");
  } else {
    context_.log.info("All good. I'm out for now.");
  }
  return *end_;
}

Result<void> Master::Loop::prepare() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
    return Error(ErrorCode::Internal, std::string("prctl: ") + std::strerror(errno));
  auto signals = SignalInbox::open();
  if (!signals) return signals.error();
  signals_.emplace(std::move(*signals));
  notifier_ = ServiceNotifier::fromEnvironment(::getpid());
  for (const auto& child : base::childrenOf(::getpid())) context_.foreign.insert(child.pid);
  return {};
}

void Master::Loop::wait() {
  const auto longest = std::max(nextTick() - now(), Duration::zero());
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(longest);
  const timespec timeout{whole.count(), std::chrono::nanoseconds(longest - whole).count()};
  pollfd bells[] = {{signals_->descriptor(), POLLIN, 0}, {link_.masterBell().descriptor(), POLLIN, 0}};
  ::ppoll(bells, std::size(bells), &timeout, nullptr);
  link_.masterBell().clear();
  logger_.flush();
}

BootTime Master::Loop::nextTick() const {
  const auto tick = anyTaskRuns() ? options_.tick : options_.tick * kIdleTicks;
  auto next = std::min({now() + tick, shutdown_.next(), dispatcher_.next()});
  for (const auto& worker : workers_) next = std::min(next, worker.next());
  return next;
}

bool Master::Loop::anyTaskRuns() const {
  return std::ranges::any_of(workers_, [](const WorkerSupervisor& worker) { return worker.isRunningATask(); });
}

void Master::Loop::takeSignals() {
  while (const auto signal = signals_->next()) {
    if (*signal == SIGTERM || *signal == SIGINT || *signal == SIGQUIT) shutDown(*signal);
    if (*signal == SIGHUP || *signal == SIGUSR1) reopenLogs();
    if (*signal == SIGHUP) requestReload();
  }
}

void Master::Loop::reopenLogs() {
  if (reopenLogs_) reopenLogs_();
  ++link_.page().logReopenings;
  link_.dispatcherBell().ring();
  for (const auto& worker : workers_) worker.signal(SIGUSR1);
}

// --- reload

void Master::Loop::requestReload() {
  if (shutdown_.at(now()) != link::ShutdownStage::No)
    return context_.log.warning("Leptir stops: the configuration stays as it was.");
  reloader_.request(now());
}

void Master::Loop::advanceReload(BootTime time) {
  reloader_.tick(time);
  const bool stops = shutdown_.at(time) != link::ShutdownStage::No;
  if (reloader_.takeChecked()) {
    if (!stops) prepared_ = reload_.prepare();
    if (!prepared_) return reloader_.finished(time);
    dispatcher_.handOver(time);
  }
  if (prepared_ && dispatcher_.hasHandedOver()) commitReload(time);
}

// From here on each process that starts has the new configuration. The present workers exit between two tasks: running
// tasks are not touched, and no further task begins in a worker with the old configuration.
void Master::Loop::commitReload(BootTime time) {
  options_ = *prepared_;
  prepared_.reset();
  shutdown_.setGrace(options_.shutdownGrace);
  reload_.commit();
  renewWorkers();
  dispatcher_.startSuccessor(time);
  reloader_.finished(time);
}

void Master::Loop::renewWorkers() {
  const auto wanted = static_cast<std::size_t>(options_.workers);
  for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i].renewWorkers(i < wanted, now());
  while (workers_.size() < wanted) workers_.emplace_back(static_cast<int>(workers_.size()), context_);
}

void Master::Loop::shutDown(int signal) {
  const auto time = now();
  const auto before = shutdown_.at(time);
  shutdown_.take(signal, time);
  publish(shutdown_.at(time));
  if (before != link::ShutdownStage::No) return logWhatItWaitsFor(signal);
  context_.log.info("Signal " + std::to_string(signal) + " received. Shutdown procedure triggered.");
  context_.log.info("Somebody stopped a little butterfly. He's gonna wait for all the children to finish.");
  if (!anyTaskRuns()) return context_.log.info("There's no active children. Let's just land on the hard surface");
  logWhatItWaitsFor(signal);
}

// After Ctrl-C it writes to the terminal as well, since the log may be a file.
void Master::Loop::logWhatItWaitsFor(int signal) {
  auto text = "Leptir stops and waits for " + waitsFor(view(now())) + ".";
  if (shutdown_.at(now()) < link::ShutdownStage::Now)
    text += " To end running tasks at once: kill -QUIT " + std::to_string(::getpid()) + ", or Ctrl-\\ in its terminal.";
  context_.log.info(text);
  if (signal == SIGINT && ::isatty(STDERR_FILENO) == 1)
    (void)base::NonBlockingOutput(STDERR_FILENO).write("\nleptir: " + text + "\n");
}

void Master::Loop::reapChildren() {
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    reapChild(info.si_pid);
  }
}

void Master::Loop::reapChild(int pid) {
  // Until the child is reaped no other process or group can get its number. Only children that the master started have
  // their group killed; orphans of tasks, which the master inherited, do not.
  const auto left = context_.pids.contains(pid) ? base::killGroup(pid) : std::vector<base::ProcessInfo>();
  int status = 0;
  rusage usage{};
  if (::wait4(pid, &status, 0, &usage) != pid) return;
  const auto death = makeExitReport(pid, status, usage, now());
  for (auto& worker : workers_) {
    if (worker.reaped(death, left)) return;
  }
  if (!dispatcher_.reaped(death, shutdown_.at(death.at))) reloader_.reaped(death);
  KilledProcesses killed;
  killed.add(left);
  if (killed.any())
    context_.log.warning("Killed what child process " + std::to_string(pid) + ", which " + describe(death) +
                         ", left in its group: " + killed.processListText() + ".");
}

void Master::Loop::tick() {
  const auto time = now();
  link_.page().masterBeat = time.time_since_epoch().count();
  publish(shutdown_.at(time));
  advanceReload(time);
  dispatcher_.tick(time);
  if (!end_ && shutdown_.at(time) != link::ShutdownStage::No) stopWithoutDispatcher(time);
  if (const auto end = dispatcher_.ended(); end && !end_) leave(*end);
  if (time >= leaveUntil_) endWorkers();
  for (auto& worker : workers_) worker.tick(time, shutdown_.at(time));
  publishState(time);
  if (!everySecond_ || time < nextSecond_) return;
  nextSecond_ = time + 1s;
  everySecond_();
}

// A shutdown needs the dispatcher only to settle tasks. When none can be started, or when it does not finish in time,
// the instance ends without it.
void Master::Loop::stopWithoutDispatcher(BootTime time) {
  if (shutdown_.at(time) >= link::ShutdownStage::Now && settleUntil_ == BootTime::max())
    settleUntil_ = time + options_.settleTimeout;
  const bool hopeless = dispatcher_.cannotStart() && !anyTaskRuns();
  if (dispatcher_.ended() || (!hopeless && time < settleUntil_)) return;
  dispatcher_.giveUp();
  context_.log.error("Leptir ends without its dispatcher, which " +
                     std::string(hopeless ? "cannot be started" : "does not come to an end") +
                     ": tasks that it held return to their queues when its sessions expire.");
}

InstanceView Master::Loop::view(BootTime time) {
  InstanceView view{.wasReady = wasReady_, .stopping = shutdown_.at(time) != link::ShutdownStage::No};
  const auto away = link_.page().brokersWithoutSession.load();
  for (std::size_t i = 0; i < base::kMaxBrokers; ++i) {
    if ((away >> i & 1) == 0) continue;
    const auto& names = options_.brokerNames;
    view.brokersWithoutSession.push_back(i < names.size() ? names[i] : "number " + std::to_string(i));
  }
  view.dispatcherWorks = dispatcher_.makesProgress(time) && !dispatcher_.cannotStart();
  view.anyWorkerReady = std::ranges::any_of(workers_, &WorkerSupervisor::isReady);
  view.runningTasks = static_cast<int>(std::ranges::count_if(workers_, &WorkerSupervisor::isRunningATask));
  return view;
}

void Master::Loop::publishState(BootTime time) {
  const auto seen = view(time);
  const bool ready = stateOf(seen) == link::InstanceState::Running;
  wasReady_ |= ready;
  context_.board.setState(stateOf(seen), waitsFor(seen));
  context_.board.setWorkers(slotsInUse());
  notifier_.notify(ready, shutdown_.at(time) != link::ShutdownStage::No, dispatcher_.makesProgress(time), time);
}

// Workers that a reload made superfluous count until they have exited.
int Master::Loop::slotsInUse() const {
  int slots = static_cast<int>(workers_.size());
  while (slots > options_.workers && !workers_[static_cast<std::size_t>(slots) - 1].hasWorkerOrRemains()) --slots;
  return slots;
}

// Tells all processes of the instance which stage the shutdown has reached, once for each stage.
void Master::Loop::publish(link::ShutdownStage stopping) {
  auto& page = link_.page();
  if (page.stopping.load() == stopping) return;
  page.stopping = stopping;
  link_.dispatcherBell().ring();
  for (int slot = 0; slot < link_.workers(); ++slot) link_.workerBell(slot).ring();
}

void Master::Loop::leave(MasterEnd end) {
  end_ = end;
  shutdown_.leave();
  publish(link::ShutdownStage::Leave);
  leaveUntil_ = base::saturatedAdd(
      now(), std::max<Duration>(kLeaveGrace, base::saturatedAdd(options_.killGrace, Duration(500ms))));
}

void Master::Loop::endWorkers() {
  for (auto& worker : workers_) worker.end(now(), "does not exit and is killed");
}

bool Master::Loop::allGone() const {
  return std::ranges::none_of(workers_, [](const WorkerSupervisor& worker) { return worker.hasWorkerOrRemains(); });
}

// Kills orphans that earlier tasks left behind, so that no process outlives the instance, except those left on purpose.
void Master::Loop::endStrays() {
  const auto until = now() + 200ms;
  const auto isStray = [this](const base::ProcessInfo& process) {
    return !context_.foreign.contains(process.pid) && !base::isAmongOrSharesSession(process, context_.keptDescendants);
  };
  KilledProcesses ended;
  for (;;) {
    const auto strays = base::killStrayChildren(isStray);
    ended.add(strays);
    if (strays.empty() || now() >= until) break;
    const timespec moment{0, 2'000'000};
    ::nanosleep(&moment, nullptr);
    reapChildren();
  }
  reapChildren();
  if (ended.any())
    context_.log.warning("Killed what tasks had left running when leptir ended: " + ended.processListText() + ".");
}

void Master::Loop::closeInChild() {
  signals_->closeInChild();
  notifier_.closeInChild();
  dispatcher_.closeInChild();
  reloader_.closeInChild();
  for (auto& worker : workers_) worker.closeInChild();
}

}  // namespace leptir::master
