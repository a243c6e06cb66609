#include "master/worker_supervisor.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "base/failpoint.h"

namespace leptir::master {
namespace {

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

WorkerSupervisor::WorkerSupervisor(int slot, MasterContext& context)
    : slotNumber_(slot),
      context_(context),
      slot_(context.link.slot(slot)),
      deadlines_(context.options.killGrace),
      hangs_(slot_, context.link.page()),
      notes_(slot_, context.link.workerStderr(slot)),
      backoff_(RestartBackoff::forWorker(static_cast<std::uint64_t>(slot) + 1)),
      death_(context, slot, name()) {}

void WorkerSupervisor::tick(BootTime now, link::ShutdownStage stopping) {
  if (const auto report = death_.tick(now)) return scheduleNext(*report, now);
  if (worker_) return watch(now, stopping);
  if (death_.isPending()) return;
  if (!mayBeginAt(stopping)) startAt_ = BootTime::max();
  if (wanted_ && now >= startAt_) start(now);
}

// --- its life

void WorkerSupervisor::start(BootTime now) {
  prepareSlot();
  leaving_ = false;
  started_ = now;
  auto child = context_.start(name(), [this] {
    context_.board.makeReadOnly();
    return context_.mains.worker(slotNumber_);
  });
  if (!child) {
    startAt_ = now + backoff_.afterFailedStart();
    return;
  }
  metrics::add(counters().starts);
  worker_.emplace(std::move(*child), slot_);
  runningATask_ = false;
  reason_ = link::StopReason::Crash;
  deadlines_ = DeadlineWatch(context_.options.killGrace);
  deadlines_.begin(now);
  hangs_.begin(now);
  context_.board.setWorker(slotNumber_, worker_->pid());
  LEPTIR_FAILPOINT("master.after_worker_start");
}

void WorkerSupervisor::prepareSlot() {
  slot_.workerReady() = 0;
  slot_.workerSleeps() = 0;
  slot_.workerMustExit() = 0;
  slot_.crashReport().kind = link::CrashReportKind::None;
  notes_.beginWorker();
}

void WorkerSupervisor::watch(BootTime now, link::ShutdownStage stopping) {
  const auto scan = link::scanCells(slot_);
  const auto running = RunningTask::in(slot_, scan);
  runningATask_ = running.has_value();
  notes_.note(running);
  context_.link.workerStderr(slotNumber_).releaseOldMemory();
  killIfCellsInvalid(scan);
  enforceDeadlines(running, now);
  const auto why = hangs_.check(scan,
                                {.exits = leaving_,
                                 .begins = mayBeginAt(stopping),
                                 .longestWait = context_.options.workerHangTimeout,
                                 .whatItRuns = whatItRuns()},
                                now);
  if (!why.empty()) killWorker(now, why);
}

void WorkerSupervisor::killIfCellsInvalid(const link::CellScan& scan) {
  if (scan.sane || worker_->isKilled()) return;
  worker_->kill();
  context_.log.error(nameAndPid() + " wrote invalid states into its shared memory and is replaced.");
}

void WorkerSupervisor::enforceDeadlines(const std::optional<RunningTask>& running, BootTime now) {
  const auto decision = deadlines_.check(running, context_.link.page(), now);
  if (decision.act == DeadlineWatch::Act::Stop) stop(*running, decision.reason, now);
  if (decision.act != DeadlineWatch::Act::Kill || worker_->isKilled()) return;
  worker_->kill();
  context_.log.warning(nameAndPid() + " is killed: its " + std::string(whatItRuns()) +
                       " did not end when it was stopped.");
}

void WorkerSupervisor::stop(const RunningTask& task, link::StopReason reason, BootTime now) {
  if (!slot_.change(task.cell, task.word, task.word.to(link::CellState::Stopping, reason)))
    return;  // the task has finished just now
  deadlines_.noteStop(reason, context_.link.page(), now);
  worker_->noteDescendants();
  context_.link.stopBell(slotNumber_).ring();
  worker_->terminate();
  const bool atOnce = now >= deadlines_.next();
  if (atOnce) worker_->kill();
  context_.log.warning(nameAndPid() + (atOnce ? " is killed with its " : ": stopping its ") +
                       std::string(whatItRuns()) + ", since " + std::string(causeOf(reason)) + ".");
}

void WorkerSupervisor::killWorker(BootTime now, std::string_view why) {
  if (!worker_ || worker_->isKilled()) return;
  reason_ = link::StopReason::Shutdown;
  const auto running = RunningTask::in(slot_, link::scanCells(slot_));
  if (running && running->word.state == link::CellState::Executing) stop(*running, link::StopReason::Shutdown, now);
  worker_->kill();
  context_.log.error(nameAndPid() + " " + std::string(why) + ".");
}

void WorkerSupervisor::replace(bool wanted, BootTime now) {
  if (wanted && !wanted_) startAt_ = now;
  wanted_ = wanted;
  if (!worker_) return;
  leaving_ = true;
  slot_.workerMustExit() = 1;
  context_.link.workerBell(slotNumber_).ring();
}

// --- its death

bool WorkerSupervisor::handleExit(const ExitReport& report, const std::vector<base::ProcessInfo>& left) {
  if (death_.handleSymbolizerExit(report.pid)) return true;
  if (!worker_ || worker_->pid() != report.pid) return false;
  const bool killed = worker_->isKilled();
  auto remains = worker_->takeRemains();
  remains.killed.add(left);
  worker_.reset();
  LEPTIR_FAILPOINT("master.after_reap");
  const auto running = RunningTask::in(slot_, link::scanCells(slot_));
  countEnd(report, running, killed);
  auto complete = report;
  complete.crashReport = link::copyCrashReport(slot_.crashReport(), report.pid);
  notes_.complete(complete, running, killed);
  deadlines_.check(running, context_.link.page(), report.at);
  death_.begin({.report = std::move(complete),
                .remains = std::move(remains),
                .ranATask = running.has_value(),
                .taskStarted = deadlines_.started(),
                .reason = reason_});
  context_.board.setWorker(slotNumber_, 0);
  return true;
}

// A worker whose task the master stops dies by TERM, or by KILL if that does not help: both are kills.
void WorkerSupervisor::countEnd(const ExitReport& report, const std::optional<RunningTask>& running,
                                bool killed) const {
  const bool stopped = running && running->word.state == link::CellState::Stopping;
  if (killed || stopped)
    metrics::add(counters().kills);
  else if (running || !report.exitedWithStatusZero())
    metrics::add(counters().crashes);
}

metrics::ProcessRow& WorkerSupervisor::counters() const {
  const bool ofReports = slotNumber_ == link::kReportSlot;
  return context_.counters(ofReports ? metrics::ProcessKind::ReportWorker : metrics::ProcessKind::Worker);
}

void WorkerSupervisor::scheduleNext(const ExitReport& report, BootTime now) {
  runningATask_ = false;
  const bool asExpected = leaving_ && report.exitedWithStatusZero();
  startAt_ = asExpected ? now : now + backoff_.after(report.at - started_, executedSomething());
}

bool WorkerSupervisor::executedSomething() const {
  for (std::size_t cell = 0; cell < link::kCells; ++cell) {
    if (slot_.outcomes().startedBoot(cell) >= started_) return true;
  }
  return false;
}

bool WorkerSupervisor::mayBeginAt(link::ShutdownStage stage) const {
  const auto last = slotNumber_ == link::kReportSlot ? link::ShutdownStage::Now : link::ShutdownStage::No;
  return stage <= last;
}

// --- for the master

BootTime WorkerSupervisor::next() const {
  if (death_.isPending()) return death_.next();
  if (!worker_) return wanted_ ? std::min(startAt_, death_.next()) : death_.next();
  return worker_->isKilled() ? death_.next() : std::min(deadlines_.next(), death_.next());
}

void WorkerSupervisor::signal(int number) const {
  if (worker_) worker_->signal(number);
}

void WorkerSupervisor::closeInChild() {
  if (worker_) worker_->closeInChild();
  death_.closeInChild();
}

std::string WorkerSupervisor::nameAndPid() const {
  return name() + " (pid " + std::to_string(worker_->pid()) + ")";
}

std::string WorkerSupervisor::name() const {
  return slotNumber_ == link::kReportSlot ? "The error report worker" : "Worker " + std::to_string(slotNumber_);
}

}  // namespace leptir::master
