#include "master/worker_supervisor.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "base/failpoint.h"
#include "master/oom_kills.h"

namespace leptir::master {
namespace {

using namespace std::chrono_literals;

// A worker whose start hooks take longer is taken to hang, and is replaced.
constexpr Duration kLongestStart = 10min;
// How long processes that a dead worker left, and that survive their kill, may delay the verdict about its task.
constexpr Duration kLongestSweep = 200ms;
// When the master itself did not run for so long (suspended, stopped, starved), a delay proves nothing about a worker.
constexpr Duration kLongestStall = 1s;

std::string_view causeOf(link::StopReason reason) {
  switch (reason) {
    case link::StopReason::TimeLimit:
      return "it is over its time limit";
    case link::StopReason::Cancel:
      return "it was cancelled";
    case link::StopReason::Shutdown:
      return "leptir stops";
    case link::StopReason::LeaseLost:
      return "its lease is lost";
    default:
      return "its worker died";
  }
}

}  // namespace

WorkerSupervisor::WorkerSupervisor(int slot, MasterContext& children)
    : slotNumber_(slot),
      context_(children),
      slot_(children.link.slot(slot)),
      watch_(children.options.killGrace),
      backoff_(RestartBackoff::forWorker(static_cast<std::uint64_t>(slot) + 1)) {}

void WorkerSupervisor::tick(BootTime now, link::ShutdownStage stopping) {
  if (symbolizer_ && symbolizer_->tick(now)) {
    context_.log.warning("The crash symbolizer for a task of " + name() + " (pid " +
                         std::to_string(symbolizer_->pid()) +
                         ") takes too long and is killed: the record may lack the stack of the crash.");
  }
  if (child_) return check(now, stopping);
  if (exitReport_) return sweep(now);
  if (stopping != link::ShutdownStage::No) startAt_ = BootTime::max();
  if (wanted_ && now >= startAt_) startChild(now);
}

void WorkerSupervisor::startChild(BootTime now) {
  slot_.workerReady() = 0;
  slot_.workerSleeps() = 0;
  slot_.workerMustExit() = 0;
  leaving_ = false;
  watch_ = DeadlineWatch(context_.options.killGrace);
  slot_.clearCrashReport();
  beginStderr();
  child_ = context_.start(name(), [this] {
    context_.board.makeReadOnly();
    return context_.mains.worker(slotNumber_);
  });
  started_ = lastTick_ = waitingSince_ = now;
  if (!child_) {
    startAt_ = now + std::max<Duration>(backoff_.after(Duration::zero(), false), 100ms);
    return;
  }
  killed_ = runningATask_ = false;
  defaultReason_ = link::StopReason::Crash;
  descendants_.clear();
  killedProcesses_.clear();
  waiting_.reset();
  watch_.begin(now);
  context_.board.setWorker(slotNumber_, child_->pid());
  LEPTIR_FAILPOINT("master.after_worker_start");
}

void WorkerSupervisor::check(BootTime now, link::ShutdownStage stopping) {
  const auto sight = scanSlot(slot_);
  runningATask_ = sight.running.has_value();
  noteTask(sight);
  context_.link.workerStderr(slotNumber_).trim();
  if (!sight.sane && !killed_) {
    kill();
    context_.log.error(nameAndPid() + " wrote invalid states into its shared memory and is replaced.");
  }
  const auto decision = watch_.check(sight.running, context_.link.page(), now);
  if (decision.act == DeadlineWatch::Act::Stop) stop(*sight.running, decision.reason, now);
  if (decision.act == DeadlineWatch::Act::Kill && !killed_) {
    kill();
    context_.log.warning(nameAndPid() + " is killed: its task did not end when it was stopped.");
  }
  watchForHanging(sight, now, stopping);
  lastTick_ = now;
}

void WorkerSupervisor::stop(const RunningTask& task, link::StopReason reason, BootTime now) {
  if (!slot_.change(task.cell, task.word, task.word.to(link::CellState::Stopping, reason)))
    return;  // the task has finished just now
  watch_.stopped(reason, context_.link.page(), now);
  descendants_ = descendantsOfTask();
  context_.link.stopBell(slotNumber_).ring();
  signalTask(descendants_, SIGTERM);
  const bool atOnce = now >= watch_.next();
  if (atOnce) kill();
  context_.log.warning(nameAndPid() + (atOnce ? " is killed with its task, since " : ": stopping its task, since ") +
                       std::string(causeOf(reason)) + ".");
}

void WorkerSupervisor::kill() {
  if (std::exchange(killed_, true)) return;
  const auto below = descendantsOfTask();
  descendants_.insert(descendants_.end(), below.begin(), below.end());
  child_->signal(SIGKILL);
  auto ofItsGroup = base::killGroup(child_->pid());
  std::erase_if(ofItsGroup, [this](const base::ProcessInfo& process) { return process.pid == child_->pid(); });
  signalTask(below, SIGKILL);
  killedProcesses_.add(ofItsGroup);
  killedProcesses_.add(below);
}

// Signals the worker's group and the descendants outside of it: a program that a task runs leads a group of its own.
void WorkerSupervisor::signalTask(const std::vector<base::ProcessInfo>& below, int number) {
  auto outside = below;
  std::erase_if(outside, [this](const base::ProcessInfo& process) { return process.group == child_->pid(); });
  child_->signalGroup(number);
  base::signalWithGroups(outside, number);
}

// All descendants of the worker, except the processes that earlier tasks left behind on purpose.
std::vector<base::ProcessInfo> WorkerSupervisor::descendantsOfTask() const {
  auto below = base::descendantsOf(child_->pid());
  const auto keptDescendants = slot_.readKeptDescendants();
  std::erase_if(
      below, [&](const base::ProcessInfo& process) { return base::isAmongOrSharesSession(process, keptDescendants); });
  return below;
}

void WorkerSupervisor::end(BootTime now, const std::string& why) {
  if (!child_ || killed_) return;
  defaultReason_ = link::StopReason::Shutdown;
  const auto sight = scanSlot(slot_);
  if (sight.running && sight.running->word.state == link::CellState::Executing)
    stop(*sight.running, link::StopReason::Shutdown, now);
  kill();
  context_.log.error(nameAndPid() + " " + why + ".");
}

void WorkerSupervisor::renewWorkers(bool wanted, BootTime now) {
  if (wanted && !wanted_) startAt_ = now;
  wanted_ = wanted;
  if (!child_) return;
  leaving_ = true;
  slot_.workerMustExit() = 1;
  context_.link.workerBell(slotNumber_).ring();
}

void WorkerSupervisor::watchForHanging(const SlotScan& sight, BootTime now, link::ShutdownStage stopping) {
  if (now - lastTick_ > kLongestStall) waitingSince_ = now;
  const bool ready = slot_.workerReady() != 0;
  if (!ready && now - started_ > kLongestStart) return end(now, "did not become ready and is replaced");
  std::optional<std::pair<std::size_t, link::CellWord>> waiting;
  if (ready && !sight.running && sight.firstAssigned && stopping == link::ShutdownStage::No) {
    const auto cell = *sight.firstAssigned;
    const auto& header = slot_.assignmentHeader(cell);
    if (link::mayBegin(context_.link.page(), header.broker, header.epoch, now)) waiting = {cell, slot_.word(cell)};
  }
  if (ready && !sight.running && leaving_)
    waiting = {link::kCells, link::CellWord{}};  // it is to exit, not to begin a task
  if (!waiting || waiting != waiting_) waitingSince_ = now;
  waiting_ = waiting;
  if (now - waitingSince_ <= context_.options.workerHangTimeout) return;
  end(now, leaving_ ? "does not exit and is killed" : "has not started its assigned task and is replaced");
}

// Empties the stderr file of the slot for a new worker, unless the dispatcher has yet to forward text of it or to read
// it for the record of a dead worker's task.
void WorkerSupervisor::beginStderr() {
  auto& text = context_.link.workerStderr(slotNumber_);
  bool awaited = slot_.stderrForwarded() < text.end();
  for (std::size_t cell = 0; cell < link::kCells && !awaited; ++cell)
    awaited = slot_.word(cell).state == link::CellState::Died;
  if (!awaited) {
    text.clear();
    slot_.stderrForwarded() = 0;
  }
  stderrSeen_ = stderrFrom_ = text.end();
  seenTask_.reset();
  oomKillsBefore_ = oomKills();
}

// Remembers stderr position and OOM counter for a task that is seen for the first time: it began after the last scan.
void WorkerSupervisor::noteTask(const SlotScan& sight) {
  const auto before = std::exchange(stderrSeen_, context_.link.workerStderr(slotNumber_).end());
  if (!sight.running) return seenTask_.reset();
  const bool same = seenTask_ && seenTask_->first == sight.running->cell &&
                    seenTask_->second.generation == sight.running->word.generation;
  if (same) return;
  seenTask_ = {sight.running->cell, sight.running->word};
  stderrFrom_ = before;
  oomKillsBefore_ = child_ ? oomKills() : oomKillsBefore_;
}

ExitReport WorkerSupervisor::completeExitReport(ExitReport death) const {
  death.crashReport = slot_.copyCrashReport(death.pid);
  death.stderrFrom = stderrFrom_;
  death.stderrTo = context_.link.workerStderr(slotNumber_).end();
  if (death.signal == SIGKILL && !killed_ && oomKillsBefore_) death.oomKilled = oomKills() > oomKillsBefore_;
  return death;
}

bool WorkerSupervisor::reaped(const ExitReport& death, const std::vector<base::ProcessInfo>& left) {
  if (symbolizer_ && symbolizer_->pid() == death.pid) {
    symbolizer_->end();
    symbolizer_.reset();
    context_.pids.erase(death.pid);
    context_.link.dispatcherBell().ring();
    return true;
  }
  if (!child_ || child_->pid() != death.pid) return false;
  child_.reset();
  killedProcesses_.add(left);
  LEPTIR_FAILPOINT("master.after_reap");
  const auto sight = scanSlot(slot_);
  noteTask(sight);
  exitReport_ = completeExitReport(death);
  isRecorded_ = false;
  adoptKeptDescendants();
  watch_.check(sight.running, context_.link.page(), death.at);
  orphansSince_ = sight.running ? watch_.started() : BootTime::max();
  sweepUntil_ = death.at + kLongestSweep;
  context_.board.setWorker(slotNumber_, 0);
  return true;
}

// The processes that the dead worker's tasks left behind on purpose are children of the master now.
void WorkerSupervisor::adoptKeptDescendants() {
  std::erase_if(context_.keptDescendants, base::hasEndedWithSession);
  const auto keptDescendants = slot_.readKeptDescendants();
  context_.keptDescendants.insert(context_.keptDescendants.end(), keptDescendants.begin(), keptDescendants.end());
  slot_.writeKeptDescendants({});
}

// The master is the subreaper, so the orphans of the dead worker's task are its children now. Orphans of other workers
// may be, too.
bool WorkerSupervisor::isStray(const base::ProcessInfo& process) const {
  if (context_.pids.contains(process.pid) || context_.foreign.contains(process.pid)) return false;
  if (base::isAmongOrSharesSession(process, context_.keptDescendants)) return false;
  if (process.group == exitReport_->pid || std::ranges::find(descendants_, process) != descendants_.end()) return true;
  const bool ofAnotherWorker = context_.pids.contains(process.group);
  return !ofAnotherWorker && orphansSince_ != BootTime::max() && base::startedSince(process, orphansSince_);
}

void WorkerSupervisor::sweep(BootTime now) {
  const auto strays = base::killStrayChildren([this](const base::ProcessInfo& process) { return isStray(process); });
  killedProcesses_.add(strays);
  if (!strays.empty() && now < sweepUntil_) return;
  logKilled(!strays.empty());
  if (symbolizer_) return;  // for the death before this one: it ends within a second
  context_.pids.erase(exitReport_->pid);
  settle(now);
}

void WorkerSupervisor::logKilled(bool someStay) {
  if (!killedProcesses_.any()) return;
  const auto worker = name() + " (pid " + std::to_string(exitReport_->pid) + ")";
  context_.log.warning("Killed what " + worker + ", which " + describe(*exitReport_) +
                       ", left running: " + killedProcesses_.processListText() + ".");
  if (someStay) context_.log.error(worker + " left processes that can't be killed.");
  killedProcesses_.clear();
}

void WorkerSupervisor::settle(BootTime now) {
  for (std::size_t cell = 0; cell < link::kCells; ++cell) {
    const auto word = slot_.word(cell);
    const bool begun = word.state == link::CellState::Executing || word.state == link::CellState::Stopping;
    if (begun || !isSane(word)) settleCell(cell, word);
  }
  context_.link.stopBell(slotNumber_).clear();
  slot_.workerReady() = 0;
  slot_.workerSleeps() = 0;
  runningATask_ = false;
  const bool well = exitReport_->signal == 0 && exitReport_->exitCode == 0;
  startAt_ = leaving_ && well ? now : now + backoff_.after(exitReport_->at - started_, executedSomething());
  const bool expected = isRecorded_ || well;
  if (!expected)
    context_.log.warning(name() + " (pid " + std::to_string(exitReport_->pid) + ") " + describe(*exitReport_) + ".");
  exitReport_.reset();
  context_.link.dispatcherBell().ring();
}

void WorkerSupervisor::settleCell(std::size_t cell, link::CellWord word) {
  auto reason = defaultReason_;
  if (word.state == link::CellState::Stopping && isSane(word) && word.reason != link::StopReason::None)
    reason = word.reason;
  const auto stopping = word.to(link::CellState::Stopping, reason);
  slot_.change(cell, word, stopping);
  slot_.writeVerdict(cell, verdictOf(*exitReport_, watch_.started(), slot_.cpuTimeBefore(cell)));
  const bool recorded = reason != link::StopReason::Shutdown && reason != link::StopReason::LeaseLost;
  isRecorded_ |= recorded;
  if (exitReport_->crashReport && recorded && !symbolizer_)
    symbolizer_ = CrashSymbolizer::begin(context_, slot_, cell, exitReport_->crashReport, exitReport_->at);
  LEPTIR_FAILPOINT("master.before_died");
  slot_.change(cell, stopping, word.to(link::CellState::Died, reason));
  LEPTIR_FAILPOINT("master.after_died");
}

bool WorkerSupervisor::executedSomething() const {
  for (std::size_t cell = 0; cell < link::kCells; ++cell) {
    if (slot_.startedBoot(cell) >= started_) return true;
  }
  return false;
}

BootTime WorkerSupervisor::next() const {
  const auto symbolizerNext = symbolizer_ ? symbolizer_->next() : BootTime::max();
  if (exitReport_) return symbolizer_ ? symbolizerNext : sweepUntil_;
  if (!child_) return wanted_ ? std::min(startAt_, symbolizerNext) : symbolizerNext;
  return killed_ ? symbolizerNext : std::min(watch_.next(), symbolizerNext);
}

void WorkerSupervisor::signal(int number) const {
  if (child_) child_->signal(number);
}

void WorkerSupervisor::closeInChild() {
  if (child_) child_->closeInChild();
  if (symbolizer_) symbolizer_->closeInChild();
}

std::string WorkerSupervisor::nameAndPid() const {
  return name() + " (pid " + std::to_string(child_->pid()) + ")";
}

std::string WorkerSupervisor::name() const {
  return "Worker " + std::to_string(slotNumber_);
}

}  // namespace leptir::master
