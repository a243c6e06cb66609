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
#include "master/children.h"
#include "master/dispatcher_keeper.h"
#include "master/reloader.h"
#include "master/service_notice.h"
#include "master/signals.h"
#include "master/stop_plan.h"
#include "master/waits_for.h"
#include "master/worker_keeper.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

// While nothing runs, cells are looked at half as often: a task's limit counts from its own word when it began.
constexpr int kIdleTicks = 2;
// How long workers may take to leave, beside what their running tasks get.
constexpr Duration kLeaveGrace = 2s;
// Then they are killed; what the kernel holds even so is left to it.
constexpr Duration kGiveUp = 10s;

}  // namespace

class Master::Loop {
 public:
  Loop(MasterOptions options, Link& link, StatusBoard& board, const Logger& logger, const Clock& clock,
       ChildMains mains, std::function<void()> reopenLogs, ReloadHooks reload, std::function<void()> everySecond);

  MasterEnd run();

 private:
  Result<void> prepare();
  void wait();
  void takeSignals();
  void reopenLogs();
  void hangUp();
  void advanceReload(BootTime time);
  void commitReload(BootTime time);
  void employ();
  void shutDown(int signal);
  void reapChildren();
  void certifyDeath(int pid);
  void tick();
  void publish(Stopping stopping);
  void stopWithoutDispatcher(BootTime time);
  InstanceView view(BootTime time);
  void tellOthers(BootTime time);
  void sayWhatItWaitsFor(int signal);
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
  Link& link_;
  const Logger& logger_;
  const Clock& clock_;
  const ChildMains mains_;
  const std::function<void()> reopenLogs_;
  const ReloadHooks reload_;
  const std::function<void()> everySecond_;
  Children children_;
  StopPlan plan_;
  DispatcherKeeper dispatcher_;
  Reloader reloader_;
  std::optional<MasterOptions> prepared_;  // set: the dispatcher is handing over
  std::deque<WorkerKeeper> workers_;
  std::optional<SignalInbox> signals_;
  ServiceNotice notice_;
  bool wasReady_ = false;
  BootTime settleUntil_ = BootTime::max();
  std::optional<MasterEnd> end_;  // set: everyone is leaving
  BootTime leaveUntil_ = BootTime::max();
  BootTime nextSecond_{};
};

Master::Master(MasterOptions options, Link& link, StatusBoard& board, const Logger& logger, const Clock& clock,
               ChildMains children, std::function<void()> reopenLogs, ReloadHooks reload,
               std::function<void()> everySecond)
    : loop_(std::make_unique<Loop>(std::move(options), link, board, logger, clock, std::move(children),
                                   std::move(reopenLogs), std::move(reload), std::move(everySecond))) {}
Master::~Master() = default;
MasterEnd Master::run() {
  return loop_->run();
}

Master::Loop::Loop(MasterOptions options, Link& link, StatusBoard& board, const Logger& logger, const Clock& clock,
                   ChildMains mains, std::function<void()> reopenLogs, ReloadHooks reload,
                   std::function<void()> everySecond)
    : options_(std::move(options)),
      link_(link),
      logger_(logger),
      clock_(clock),
      mains_(std::move(mains)),
      reopenLogs_(std::move(reopenLogs)),
      reload_(std::move(reload)),
      everySecond_(std::move(everySecond)),
      children_{options_, link, board, MasterLog(logger), clock, mains_},
      plan_(options_.shutdownGrace),
      dispatcher_(children_),
      reloader_(children_, reload_) {
  children_.closeInChild = [this] { closeInChild(); };
  employ();
}

MasterEnd Master::Loop::run() {
  if (const auto ready = prepare(); !ready) {
    children_.log.error("Leptir can't be started. " + ready.error().message());
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
  if (end_ == MasterEnd::DrainedUnknown) {
    children_.log.warning("Drained, but tasks of unknown names are left: exit status 1.");
  } else {
    children_.log.info("All good. I'm out for now.");
  }
  return *end_;
}

Result<void> Master::Loop::prepare() {
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
    return Error(ErrorCode::Internal, std::string("prctl: ") + std::strerror(errno));
  auto signals = SignalInbox::open();
  if (!signals) return signals.error();
  signals_.emplace(std::move(*signals));
  notice_ = ServiceNotice::fromEnvironment(::getpid());
  for (const auto& child : childrenOf(::getpid())) children_.foreign.insert(child.pid);
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
  auto next = std::min({now() + tick, plan_.next(), dispatcher_.next()});
  for (const auto& worker : workers_) next = std::min(next, worker.next());
  return next;
}

bool Master::Loop::anyTaskRuns() const {
  return std::ranges::any_of(workers_, [](const WorkerKeeper& worker) { return worker.isRunningATask(); });
}

void Master::Loop::takeSignals() {
  while (const auto signal = signals_->next()) {
    if (*signal == SIGTERM || *signal == SIGINT || *signal == SIGQUIT) shutDown(*signal);
    if (*signal == SIGHUP || *signal == SIGUSR1) reopenLogs();
    if (*signal == SIGHUP) hangUp();
  }
}

void Master::Loop::reopenLogs() {
  if (reopenLogs_) reopenLogs_();
  ++link_.page().logsReopened;
  link_.dispatcherBell().ring();
  for (const auto& worker : workers_) worker.signal(SIGUSR1);
}

// --- a new configuration

void Master::Loop::hangUp() {
  if (plan_.at(now()) != Stopping::No) return children_.log.warning("Leptir stops: the configuration stays as it was.");
  reloader_.request(now());
}

void Master::Loop::advanceReload(BootTime time) {
  reloader_.tick(time);
  const bool stops = plan_.at(time) != Stopping::No;
  if (reloader_.takeChecked()) {
    if (!stops) prepared_ = reload_.prepare();
    if (!prepared_) return reloader_.finished(time);
    dispatcher_.handOver(time);
  }
  if (prepared_ && dispatcher_.hasHandedOver()) commitReload(time);
}

// From here on everything that starts has the new configuration. Workers leave between two tasks, so nothing that runs
// is touched and nothing new begins in an old one.
void Master::Loop::commitReload(BootTime time) {
  options_ = *prepared_;
  prepared_.reset();
  plan_.setGrace(options_.shutdownGrace);
  reload_.commit();
  employ();
  dispatcher_.goOn(time);
  reloader_.finished(time);
}

void Master::Loop::employ() {
  const auto wanted = static_cast<std::size_t>(options_.workers);
  for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i].employ(i < wanted, now());
  while (workers_.size() < wanted) workers_.emplace_back(static_cast<int>(workers_.size()), children_);
}

void Master::Loop::shutDown(int signal) {
  const auto time = now();
  const auto before = plan_.at(time);
  plan_.take(signal, time);
  publish(plan_.at(time));
  if (before != Stopping::No) return sayWhatItWaitsFor(signal);
  children_.log.info("Signal " + std::to_string(signal) + " received. Shutdown procedure triggered.");
  children_.log.info("Somebody stopped a little butterfly. He's gonna wait for all the children to finish.");
  if (!anyTaskRuns()) return children_.log.info("There's no active children. Let's just land on the hard surface");
  sayWhatItWaitsFor(signal);
}

// Also on the terminal, where it was asked: the log may be a file.
void Master::Loop::sayWhatItWaitsFor(int signal) {
  auto text = "Leptir stops and waits for " + waitsFor(view(now())) + ".";
  if (plan_.at(now()) < Stopping::Now)
    text += " To end running tasks at once: kill -QUIT " + std::to_string(::getpid()) + ", or Ctrl-\\ in its terminal.";
  children_.log.info(text);
  if (signal == SIGINT && ::isatty(STDERR_FILENO) == 1)
    (void)NonBlockingOutput(STDERR_FILENO).write("\nleptir: " + text + "\n");
}

void Master::Loop::reapChildren() {
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    certifyDeath(info.si_pid);
  }
}

void Master::Loop::certifyDeath(int pid) {
  // Before it is reaped nobody else can have its number, as a process or as a group. Our children lead a group each;
  // orphans of tasks do not matter.
  const auto left = children_.pids.contains(pid) ? killGroup(pid) : std::vector<ProcessInfo>();
  int status = 0;
  rusage usage{};
  if (::wait4(pid, &status, 0, &usage) != pid) return;
  const auto death = certify(pid, status, usage, now());
  for (auto& worker : workers_) {
    if (worker.reaped(death, left)) return;
  }
  if (!dispatcher_.reaped(death, plan_.at(death.at))) reloader_.reaped(death);
  KilledProcesses killed;
  killed.add(left);
  if (killed.any())
    children_.log.warning("Killed what child process " + std::to_string(pid) + ", which " + describe(death) +
                          ", left in its group: " + killed.listed() + ".");
}

void Master::Loop::tick() {
  const auto time = now();
  link_.page().masterBeat = time.time_since_epoch().count();
  publish(plan_.at(time));
  advanceReload(time);
  dispatcher_.tick(time);
  if (!end_ && plan_.at(time) != Stopping::No) stopWithoutDispatcher(time);
  if (const auto end = dispatcher_.ended(); end && !end_) leave(*end);
  if (time >= leaveUntil_) endWorkers();
  for (auto& worker : workers_) worker.tick(time, plan_.at(time));
  tellOthers(time);
  if (!everySecond_ || time < nextSecond_) return;
  nextSecond_ = time + 1s;
  everySecond_();
}

// A stop needs a dispatcher only to settle what has run: where none can be started, or none comes to an end, the
// instance ends without it.
void Master::Loop::stopWithoutDispatcher(BootTime time) {
  if (plan_.at(time) >= Stopping::Now && settleUntil_ == BootTime::max())
    settleUntil_ = time + options_.longestSettling;
  const bool hopeless = dispatcher_.seemsImpossible() && !anyTaskRuns();
  if (dispatcher_.ended() || (!hopeless && time < settleUntil_)) return;
  dispatcher_.giveUp();
  children_.log.error("Leptir ends without its dispatcher, which " +
                      std::string(hopeless ? "cannot be started" : "does not come to an end") +
                      ": tasks that it held return to their queues when its sessions expire.");
}

InstanceView Master::Loop::view(BootTime time) {
  InstanceView view{.wasReady = wasReady_, .stopping = plan_.at(time) != Stopping::No};
  const auto away = link_.page().brokersAway.load();
  for (std::size_t i = 0; i < kMaxBrokers; ++i) {
    if ((away >> i & 1) == 0) continue;
    const auto& names = options_.brokerNames;
    view.brokersAway.push_back(i < names.size() ? names[i] : "number " + std::to_string(i));
  }
  view.dispatcherWorks = dispatcher_.works(time) && !dispatcher_.seemsImpossible();
  view.anyWorkerReady = std::ranges::any_of(workers_, &WorkerKeeper::isReady);
  view.runningTasks = static_cast<int>(std::ranges::count_if(workers_, &WorkerKeeper::isRunningATask));
  return view;
}

void Master::Loop::tellOthers(BootTime time) {
  const auto seen = view(time);
  const bool ready = stateOf(seen) == InstanceState::Running;
  wasReady_ |= ready;
  children_.board.setState(stateOf(seen), waitsFor(seen));
  children_.board.setWorkers(slotsInUse());
  notice_.tell(ready, plan_.at(time) != Stopping::No, dispatcher_.works(time), time);
}

// Those that a reload made superfluous are shown until they are gone.
int Master::Loop::slotsInUse() const {
  int slots = static_cast<int>(workers_.size());
  while (slots > options_.workers && !workers_[static_cast<std::size_t>(slots) - 1].isBusyWithOne()) --slots;
  return slots;
}

// Tells everyone how far the stop has come, once for each step.
void Master::Loop::publish(Stopping stopping) {
  auto& page = link_.page();
  if (page.stopping.load() == stopping) return;
  page.stopping = stopping;
  link_.dispatcherBell().ring();
  for (int slot = 0; slot < link_.workers(); ++slot) link_.workerBell(slot).ring();
}

void Master::Loop::leave(MasterEnd end) {
  end_ = end;
  plan_.leave();
  publish(Stopping::Leave);
  leaveUntil_ = saturatedAdd(now(), std::max<Duration>(kLeaveGrace, saturatedAdd(options_.killGrace, Duration(500ms))));
}

void Master::Loop::endWorkers() {
  for (auto& worker : workers_) worker.end(now(), "does not leave and is killed");
}

bool Master::Loop::allGone() const {
  return std::ranges::none_of(workers_, [](const WorkerKeeper& worker) { return worker.isBusyWithOne(); });
}

// Orphans that earlier tasks left behind: nothing of this instance outlives it.
void Master::Loop::endStrays() {
  const auto until = now() + 200ms;
  const auto isStray = [this](const ProcessInfo& process) {
    return !children_.foreign.contains(process.pid) && !isAmong(process, children_.kept);
  };
  KilledProcesses ended;
  for (;;) {
    const auto strays = killStrays(isStray);
    ended.add(strays);
    if (strays.empty() || now() >= until) break;
    const timespec moment{0, 2'000'000};
    ::nanosleep(&moment, nullptr);
    reapChildren();
  }
  reapChildren();
  if (ended.any())
    children_.log.warning("Killed what tasks had left running when leptir ended: " + ended.listed() + ".");
}

void Master::Loop::closeInChild() {
  signals_->closeInChild();
  notice_.closeInChild();
  dispatcher_.closeInChild();
  reloader_.closeInChild();
  for (auto& worker : workers_) worker.closeInChild();
}

}  // namespace leptir
