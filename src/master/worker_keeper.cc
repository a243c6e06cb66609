#include "master/worker_keeper.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "base/failpoint.h"
#include "master/oom_kills.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

// A worker whose start hooks take longer is replaced: they hang.
constexpr Duration kLongestStart = 10min;
// How long a dead worker's remains may hold up the settling of its task.
constexpr Duration kLongestSweep = 200ms;
// The master itself did not run for so long (suspended, stopped, starved) that nobody else can be blamed.
constexpr Duration kGap = 1s;

std::string_view nameOf(StopReason reason) {
  switch (reason) {
    case StopReason::TimeLimit:
      return "it is over its time limit";
    case StopReason::Cancel:
      return "it was cancelled";
    case StopReason::Shutdown:
      return "leptir stops";
    case StopReason::Lease:
      return "its lease is lost";
    default:
      return "its worker died";
  }
}

}  // namespace

WorkerKeeper::WorkerKeeper(int slot, Children& children)
    : slotNumber_(slot),
      children_(children),
      slot_(children.link.slot(slot)),
      watch_(children.options.killGrace),
      pause_(RestartPause::forWorker(static_cast<std::uint64_t>(slot) + 1)) {}

void WorkerKeeper::tick(BootTime now, Stopping stopping) {
  if (autopsy_ && autopsy_->tick(now)) {
    children_.log.warning("The autopsy of a task of " + name() + " (pid " + std::to_string(autopsy_->pid()) +
                          ") takes too long and is killed.");
  }
  if (child_) return look(now, stopping);
  if (death_) return sweep(now);
  if (stopping != Stopping::No) startAt_ = BootTime::max();
  if (wanted_ && now >= startAt_) startOne(now);
}

void WorkerKeeper::startOne(BootTime now) {
  slot_.workerReady() = 0;
  slot_.workerSleeps() = 0;
  slot_.workerLeaves() = 0;
  leaving_ = false;
  watch_ = DeadlineWatch(children_.options.killGrace);
  slot_.forgetLastWords();
  beginStderr();
  child_ = children_.start(name(), [this] {
    children_.board.makeReadOnly();
    return children_.mains.worker(slotNumber_);
  });
  started_ = lastTick_ = waitingSince_ = now;
  if (!child_) {
    startAt_ = now + std::max<Duration>(pause_.after(Duration::zero(), false), 100ms);
    return;
  }
  killed_ = runningATask_ = false;
  endedFor_ = StopReason::Crash;
  below_.clear();
  killedWithIt_.clear();
  waiting_.reset();
  watch_.begin(now);
  children_.board.setWorker(slotNumber_, child_->pid());
  LEPTIR_FAILPOINT("master.after_worker_start");
}

void WorkerKeeper::look(BootTime now, Stopping stopping) {
  const auto sight = lookOver(slot_);
  runningATask_ = sight.running.has_value();
  noteTask(sight);
  children_.link.workerStderr(slotNumber_).trim();
  if (!sight.sane && !killed_) {
    kill();
    children_.log.error(nameAndPid() + " made nonsense of its slot and is replaced.");
  }
  const auto decision = watch_.look(sight.running, children_.link.page(), now);
  if (decision.act == DeadlineWatch::Act::Stop) stop(*sight.running, decision.reason, now);
  if (decision.act == DeadlineWatch::Act::Kill && !killed_) {
    kill();
    children_.log.warning(nameAndPid() + " is killed: its task did not end when it was stopped.");
  }
  watchForHanging(sight, now, stopping);
  lastTick_ = now;
}

void WorkerKeeper::stop(const RunningTask& task, StopReason reason, BootTime now) {
  if (!slot_.change(task.cell, task.word, task.word.to(CellState::Stopping, reason)))
    return;  // it was done in this instant
  watch_.stopped(reason, children_.link.page(), now);
  below_ = descendantsOfTask();
  children_.link.stopBell(slotNumber_).ring();
  signalTask(below_, SIGTERM);
  const bool atOnce = now >= watch_.next();
  if (atOnce) kill();
  children_.log.warning(nameAndPid() + (atOnce ? " is killed with its task: " : ": its task is stopped, ") +
                        std::string(nameOf(reason)) + ".");
}

void WorkerKeeper::kill() {
  if (std::exchange(killed_, true)) return;
  const auto below = descendantsOfTask();
  below_.insert(below_.end(), below.begin(), below.end());
  child_->signal(SIGKILL);
  auto ofItsGroup = killGroup(child_->pid());
  std::erase_if(ofItsGroup, [this](const ProcessInfo& process) { return process.pid == child_->pid(); });
  signalTask(below, SIGKILL);
  killedWithIt_.add(ofItsGroup);
  killedWithIt_.add(below);
}

// The worker's group, and what runs beside it: a program leads a group of its own.
void WorkerKeeper::signalTask(const std::vector<ProcessInfo>& below, int number) {
  auto outside = below;
  std::erase_if(outside, [this](const ProcessInfo& process) { return process.group == child_->pid(); });
  child_->signalGroup(number);
  signalWithGroups(outside, number);
}

// Those that earlier tasks left behind on purpose are none of it.
std::vector<ProcessInfo> WorkerKeeper::descendantsOfTask() const {
  auto below = descendantsOf(child_->pid());
  const auto kept = slot_.readKept();
  std::erase_if(below, [&](const ProcessInfo& process) { return isAmong(process, kept); });
  return below;
}

void WorkerKeeper::end(BootTime now, const std::string& why) {
  if (!child_ || killed_) return;
  endedFor_ = StopReason::Shutdown;
  const auto sight = lookOver(slot_);
  if (sight.running && sight.running->word.state == CellState::Executing)
    stop(*sight.running, StopReason::Shutdown, now);
  kill();
  children_.log.error(nameAndPid() + " " + why + ".");
}

void WorkerKeeper::employ(bool wanted, BootTime now) {
  if (wanted && !wanted_) startAt_ = now;
  wanted_ = wanted;
  if (!child_) return;
  leaving_ = true;
  slot_.workerLeaves() = 1;
  children_.link.workerBell(slotNumber_).ring();
}

void WorkerKeeper::watchForHanging(const SlotSight& sight, BootTime now, Stopping stopping) {
  if (now - lastTick_ > kGap) waitingSince_ = now;
  const bool ready = slot_.workerReady() != 0;
  if (!ready && now - started_ > kLongestStart) return end(now, "did not become ready and is replaced");
  std::optional<std::pair<std::size_t, CellWord>> waiting;
  if (ready && !sight.running && sight.firstAssigned && stopping == Stopping::No) {
    const auto cell = *sight.firstAssigned;
    const auto& header = slot_.assignmentHeader(cell);
    if (mayBegin(children_.link.page(), header.broker, header.epoch, now)) waiting = {cell, slot_.word(cell)};
  }
  if (ready && !sight.running && leaving_) waiting = {kCells, CellWord{}};  // it is to end, not to begin
  if (!waiting || waiting != waiting_) waitingSince_ = now;
  waiting_ = waiting;
  if (now - waitingSince_ <= children_.options.hangingWorker) return;
  end(now, leaving_ ? "does not end and is killed" : "leaves what is assigned to it and is replaced");
}

// What was written is carried on by the dispatcher, and read for the record of whoever died; then nobody needs it.
void WorkerKeeper::beginStderr() {
  auto& text = children_.link.workerStderr(slotNumber_);
  bool awaited = slot_.stderrCarried() < text.end();
  for (std::size_t cell = 0; cell < kCells && !awaited; ++cell) awaited = slot_.word(cell).state == CellState::Died;
  if (!awaited) {
    text.clear();
    slot_.stderrCarried() = 0;
  }
  stderrSeen_ = stderrFrom_ = text.end();
  noted_.reset();
  oomKillsBefore_ = oomKills();
}

// A task that is seen for the first time began after the last look.
void WorkerKeeper::noteTask(const SlotSight& sight) {
  const auto before = std::exchange(stderrSeen_, children_.link.workerStderr(slotNumber_).end());
  if (!sight.running) return noted_.reset();
  const bool same =
      noted_ && noted_->first == sight.running->cell && noted_->second.generation == sight.running->word.generation;
  if (same) return;
  noted_ = {sight.running->cell, sight.running->word};
  stderrFrom_ = before;
  oomKillsBefore_ = child_ ? oomKills() : oomKillsBefore_;
}

DeathCertificate WorkerKeeper::examine(DeathCertificate death) const {
  death.lastWords = slot_.heardLastWords(death.pid);
  death.stderrFrom = stderrFrom_;
  death.stderrTo = children_.link.workerStderr(slotNumber_).end();
  if (death.signal == SIGKILL && !killed_ && oomKillsBefore_) death.oomKilled = oomKills() > oomKillsBefore_;
  return death;
}

bool WorkerKeeper::reaped(const DeathCertificate& death, const std::vector<ProcessInfo>& left) {
  if (autopsy_ && autopsy_->pid() == death.pid) {
    autopsy_->end();
    autopsy_.reset();
    children_.pids.erase(death.pid);
    children_.link.dispatcherBell().ring();
    return true;
  }
  if (!child_ || child_->pid() != death.pid) return false;
  child_.reset();
  killedWithIt_.add(left);
  LEPTIR_FAILPOINT("master.after_reap");
  const auto sight = lookOver(slot_);
  noteTask(sight);
  death_ = examine(death);
  isRecorded_ = false;
  takeOverKept();
  watch_.look(sight.running, children_.link.page(), death.at);
  strayedSince_ = sight.running ? watch_.started() : BootTime::max();
  sweepUntil_ = death.at + kLongestSweep;
  children_.board.setWorker(slotNumber_, 0);
  return true;
}

// They are children of ours now.
void WorkerKeeper::takeOverKept() {
  std::erase_if(children_.kept, isGone);
  const auto kept = slot_.readKept();
  children_.kept.insert(children_.kept.end(), kept.begin(), kept.end());
  slot_.writeKept({});
}

// What the task started is a child of ours now, since we are its subreaper. Others' orphans may be as well.
bool WorkerKeeper::isStray(const ProcessInfo& process) const {
  if (children_.pids.contains(process.pid) || children_.foreign.contains(process.pid)) return false;
  if (isAmong(process, children_.kept)) return false;
  if (process.group == death_->pid || std::ranges::find(below_, process) != below_.end()) return true;
  const bool ofAnotherWorker = children_.pids.contains(process.group);
  return !ofAnotherWorker && strayedSince_ != BootTime::max() && startedSince(process, strayedSince_);
}

void WorkerKeeper::sweep(BootTime now) {
  const auto strays = killStrays([this](const ProcessInfo& process) { return isStray(process); });
  killedWithIt_.add(strays);
  if (!strays.empty() && now < sweepUntil_) return;
  sayKilled(!strays.empty());
  if (autopsy_) return;  // of the worker before: it will not be long
  children_.pids.erase(death_->pid);
  settle(now);
}

void WorkerKeeper::sayKilled(bool someStay) {
  if (!killedWithIt_.any()) return;
  const auto worker = name() + " (pid " + std::to_string(death_->pid) + ")";
  children_.log.warning("Killed what " + worker + ", which " + describe(*death_) +
                        ", left running: " + killedWithIt_.listed() + ".");
  if (someStay) children_.log.error(worker + " left processes that can't be killed.");
  killedWithIt_.clear();
}

void WorkerKeeper::settle(BootTime now) {
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    const auto word = slot_.word(cell);
    const bool begun = word.state == CellState::Executing || word.state == CellState::Stopping;
    if (begun || !isSane(word)) settleCell(cell, word);
  }
  children_.link.stopBell(slotNumber_).clear();
  slot_.workerReady() = 0;
  slot_.workerSleeps() = 0;
  runningATask_ = false;
  const bool well = death_->signal == 0 && death_->exitCode == 0;
  startAt_ = leaving_ && well ? now : now + pause_.after(death_->at - started_, executedSomething());
  const bool expected = isRecorded_ || well;
  if (!expected)
    children_.log.warning(name() + " (pid " + std::to_string(death_->pid) + ") " + describe(*death_) + ".");
  death_.reset();
  children_.link.dispatcherBell().ring();
}

void WorkerKeeper::settleCell(std::size_t cell, CellWord word) {
  auto reason = endedFor_;
  if (word.state == CellState::Stopping && isSane(word) && word.reason != StopReason::None) reason = word.reason;
  const auto stopping = word.to(CellState::Stopping, reason);
  slot_.change(cell, word, stopping);
  slot_.writeVerdict(cell, verdictOf(*death_, watch_.started(), slot_.cpuTimeBefore(cell)));
  const bool recorded = reason != StopReason::Shutdown && reason != StopReason::Lease;
  isRecorded_ |= recorded;
  if (death_->lastWords && recorded && !autopsy_)
    autopsy_ = Autopsy::begin(children_, slot_, cell, death_->lastWords, death_->at);
  LEPTIR_FAILPOINT("master.before_died");
  slot_.change(cell, stopping, word.to(CellState::Died, reason));
  LEPTIR_FAILPOINT("master.after_died");
}

bool WorkerKeeper::executedSomething() const {
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    if (slot_.startedBoot(cell) >= started_) return true;
  }
  return false;
}

BootTime WorkerKeeper::next() const {
  const auto autopsy = autopsy_ ? autopsy_->next() : BootTime::max();
  if (death_) return autopsy_ ? autopsy : sweepUntil_;
  if (!child_) return wanted_ ? std::min(startAt_, autopsy) : autopsy;
  return killed_ ? autopsy : std::min(watch_.next(), autopsy);
}

void WorkerKeeper::signal(int number) const {
  if (child_) child_->signal(number);
}

void WorkerKeeper::closeInChild() {
  if (child_) child_->closeInChild();
  if (autopsy_) autopsy_->closeInChild();
}

std::string WorkerKeeper::nameAndPid() const {
  return name() + " (pid " + std::to_string(child_->pid()) + ")";
}

std::string WorkerKeeper::name() const {
  return "Worker " + std::to_string(slotNumber_);
}

}  // namespace leptir
