#include "master/worker_death.h"

#include <algorithm>
#include <utility>

#include "base/failpoint.h"

namespace leptir::master {
namespace {

// How long processes that a dead worker left, and that survive their kill, may delay the verdict about its task.
constexpr Duration kSweepTimeout = std::chrono::milliseconds(200);

}  // namespace

WorkerDeath::WorkerDeath(MasterContext& context, int slotNumber, std::string workerName)
    : context_(context),
      slotNumber_(slotNumber),
      workerName_(std::move(workerName)),
      slot_(context.link.slot(slotNumber)) {}

void WorkerDeath::begin(Facts facts) {
  facts_ = std::move(facts);
  isRecorded_ = false;
  sweepUntil_ = facts_->report.at + kSweepTimeout;
  adoptKeptDescendants();
}

// The processes that the dead worker's tasks left behind on purpose are children of the master now.
void WorkerDeath::adoptKeptDescendants() {
  context_.processes.addKept(slot_.readKeptDescendants());
  slot_.writeKeptDescendants({});
}

std::optional<ExitReport> WorkerDeath::tick(BootTime now) {
  if (symbolizer_) stopLateSymbolizer(now);
  if (!facts_ || !killStrays(now)) return std::nullopt;
  if (symbolizer_) return std::nullopt;  // for the death before this one: it ends within a second
  recordDeath();
  return std::exchange(facts_, std::nullopt)->report;
}

// True: none is left, or those that are left are not waited for any more.
bool WorkerDeath::killStrays(BootTime now) {
  const auto strays = base::killStrayChildren([this](const base::ProcessInfo& process) { return isStray(process); });
  facts_->remains.killed.add(strays);
  if (!strays.empty() && now < sweepUntil_) return false;
  logKilled(!strays.empty());
  return true;
}

// The master is the subreaper, so the orphans of the dead worker's task are its children now. Orphans of other workers
// may be, too.
bool WorkerDeath::isStray(const base::ProcessInfo& process) const {
  const auto& known = context_.processes;
  if (known.isChild(process.pid) || known.isSpared(process)) return false;
  const auto& descendants = facts_->remains.descendants;
  if (process.group == facts_->report.pid || std::ranges::find(descendants, process) != descendants.end()) return true;
  const bool ofAnotherWorker = known.isChild(process.group);
  return !ofAnotherWorker && facts_->ranATask && base::startedSince(process, facts_->taskStarted);
}

void WorkerDeath::logKilled(bool someSurvived) {
  const auto killed = std::exchange(facts_->remains.killed, {});
  if (!killed.any()) return;
  context_.log.warning("Killed what " + nameAndPid() + ", which " + describe(facts_->report) +
                       ", left running: " + killed.processListText() + ".");
  if (someSurvived) context_.log.error(nameAndPid() + " left processes that can't be killed.");
}

void WorkerDeath::recordDeath() {
  const auto& report = facts_->report;
  context_.processes.removeChild(report.pid);
  for (std::size_t cell = 0; cell < link::kCells; ++cell) {
    const auto word = slot_.word(cell);
    if (word.isRunning() || !word.isValid()) writeVerdict(cell, word);
  }
  context_.link.stopBell(slotNumber_).clear();
  slot_.workerReady() = 0;
  slot_.workerSleeps() = 0;
  if (!isRecorded_ && !report.exitedWithStatusZero()) context_.log.warning(nameAndPid() + " " + describe(report) + ".");
  context_.link.dispatcherBell().ring();
}

void WorkerDeath::writeVerdict(std::size_t cell, link::CellWord word) {
  const auto& report = facts_->report;
  auto reason = facts_->reason;
  if (word.state == link::CellState::Stopping && word.isValid() && word.reason != link::StopReason::None)
    reason = word.reason;
  const auto stopping = word.to(link::CellState::Stopping, reason);
  slot_.change(cell, word, stopping);
  slot_.verdicts().write(cell, verdictOf(report, facts_->taskStarted, slot_.outcomes().cpuTimeBefore(cell)));
  const bool recorded = reason != link::StopReason::Shutdown && reason != link::StopReason::LeaseLost;
  isRecorded_ |= recorded;
  if (report.crashReport && recorded && !symbolizer_)
    symbolizer_ = CrashSymbolizer::begin(context_, slot_, cell, report.crashReport, report.at);
  LEPTIR_FAILPOINT("master.before_died");
  slot_.change(cell, stopping, word.to(link::CellState::Died, reason));
  LEPTIR_FAILPOINT("master.after_died");
}

void WorkerDeath::stopLateSymbolizer(BootTime now) {
  if (!symbolizer_->killIfLate(now)) return;
  context_.log.warning(workerName_ + " has crashed, and its crash symbolizer (pid " +
                       std::to_string(symbolizer_->pid()) +
                       ") takes too long and is killed: the stack of the crash may be missing.");
}

bool WorkerDeath::handleSymbolizerExit(int pid) {
  if (!symbolizer_ || symbolizer_->pid() != pid) return false;
  symbolizer_->announceEnd();
  symbolizer_.reset();
  context_.processes.removeChild(pid);
  context_.link.dispatcherBell().ring();
  return true;
}

BootTime WorkerDeath::next() const {
  if (symbolizer_) return symbolizer_->next();
  return facts_ ? sweepUntil_ : BootTime::max();
}

void WorkerDeath::closeInChild() {
  if (symbolizer_) symbolizer_->closeInChild();
}

std::string WorkerDeath::nameAndPid() const {
  return workerName_ + " (pid " + std::to_string(facts_->report.pid) + ")";
}

}  // namespace leptir::master
