#include "dispatcher/settling.h"

#include <utility>

#include "task/envelope.h"

namespace leptir::dispatcher {

using settlement::HeldTask;
using settlement::Settlement;

namespace {

// Tasks that run longer than this get an in-progress record.
constexpr Duration kInProgressAfter = std::chrono::milliseconds(200);

void logGivenBack(const HeldTask& task, Step& step) {
  step.log(LogLevel::Info, "Ended by the stop; it goes back into its queue and runs again.",
           settlement::logTaskOf(task));
}

}  // namespace

void Settling::adopt(const event::CellFound& found) {
  const auto& assignment = found.assignment;
  auto head = task::decodeEnvelope(assignment.envelope);
  HeldTask task{.broker = assignment.broker,
                .epoch = assignment.epoch,
                .lease = assignment.lease,
                .counters = assignment.counters,
                .head = head ? std::move(*head) : task::EnvelopeHead{}};
  uses_.knownTasks.applyRules(task);
  uses_.slots.adopt(found.cell, std::move(task), found.begun,
                    link::AssignmentArea::needsLargeArea(assignment.lease.handle.size(), assignment.envelope.size()));
}

void Settling::noteRunning(const event::CellRunning& running, Step& step) {
  if (!uses_.slots.noteRunning(running.cell, running.started, step.now.boot, kInProgressAfter)) return;
  const auto& task = *uses_.slots.taskIn(running.cell);
  if (!uses_.sessions.isOpen(task.broker, task.epoch)) return;
  auto record = settlement::runningRecord(task, step.wallOf(running.started), authorWith(running.pid));
  uses_.batches.addRecord(task, std::move(record), step);
}

void Settling::settle(event::CellDone& done, Step& step) {
  uses_.slots.markEnded(done.cell);
  if (freeIfLost(done.cell, step)) return;
  if (!done.outcome) return settleCorrupt(done, step);
  uses_.slots.noteExecutionTime(done.outcome->executionTime);
  if (!SigtermWait::concerns(*done.outcome)) return settleOutcome(done, step);
  sigtermWait_.add(std::move(done), step);
  settleEndedBySigterm(step);
}

void Settling::settleEndedBySigterm(Step& step) {
  for (const auto& done : sigtermWait_.takeDecided(step)) {
    if (!freeIfLost(done.cell, step)) settleOutcome(done, step);
  }
}

void Settling::settleOutcome(const event::CellDone& done, Step& step) {
  const auto& task = *uses_.slots.taskIn(done.cell);
  if (done.outcome->cause == Cause::GaveBack) logGivenBack(task, step);
  auto settlement =
      settlement::settlementOfOutcome(task, done.envelope, *done.outcome, authorWith(done.pid), uses_.random());
  if (settlement.failed)
    step.log(settlement::levelOfFailure(settlement), settlement::describeFailure(settlement),
             settlement::logTaskOf(task));
  addToBatch(done.cell, std::move(settlement), done.envelope, step);
}

// What the worker wrote cannot be decoded. This counts as a crash of the worker.
void Settling::settleCorrupt(const event::CellDone& done, Step& step) {
  const auto& task = *uses_.slots.taskIn(done.cell);
  step.log(LogLevel::Error, "The worker's outcome is corrupt: " + done.outcome.error().message(),
           settlement::logTaskOf(task));
  const link::Verdict verdict{.reason = link::StopReason::Crash, .started = step.now.boot, .ended = step.now.boot};
  addToBatch(done.cell,
             settlement::settlementOfVerdict(task, done.envelope, verdict, step.now.wall, step.now.wall,
                                             authorWith(done.pid), uses_.random()),
             done.envelope, step);
}

void Settling::settle(event::CellDied& died, Step& step) {
  uses_.slots.markEnded(died.cell);
  const auto& task = *uses_.slots.taskIn(died.cell);
  const auto& verdict = died.verdict;
  auto settlement =
      settlement::settlementOfVerdict(task, died.envelope, verdict, step.wallOf(verdict.started),
                                      step.wallOf(verdict.ended), authorWith(verdict.pid), uses_.random());
  if (settlement.record) {
    step.log(LogLevel::Error, settlement::describeFailureByVerdict(settlement), settlement::logTaskOf(task));
    if (died.taskOutcome) settlement::addTaskOutput(std::move(*died.taskOutcome), *settlement.record);
  } else if (verdict.reason == link::StopReason::Shutdown && !uses_.slots.isLost(died.cell)) {
    logGivenBack(task, step);
  }
  addToBatch(died.cell, std::move(settlement), died.envelope, step);
}

void Settling::settle(event::CellUnsettlable& unsettlable, Step& step) {
  uses_.slots.markEnded(unsettlable.cell);
  if (freeIfLost(unsettlable.cell, step)) return;
  const auto& task = *uses_.slots.taskIn(unsettlable.cell);
  auto settlement = settlement::settlementOfUnsettlable(task, unsettlable.envelope, unsettlable.deaths, step.now.wall,
                                                        authorWith(unsettlable.pid));
  step.log(LogLevel::Error, settlement::describeFailure(settlement), settlement::logTaskOf(task));
  addToBatch(unsettlable.cell, std::move(settlement), unsettlable.envelope, step);
}

void Settling::addToBatch(CellRef cell, Settlement&& settlement, std::string_view envelope, Step& step) {
  const auto& task = *uses_.slots.taskIn(cell);
  // While the broker is unavailable the lease may be valid or lost. The batch waits in the feeder until the store
  // decides.
  if (settlement.kind == Settlement::Kind::Drop || uses_.sessions.isOfOldEpoch(task)) return freeAsLost(cell, step);
  uses_.batches.addFromCell(cell, task, std::move(settlement), envelope, step);
}

// A task whose lease is lost ends without a record.
bool Settling::freeIfLost(CellRef cell, Step& step) {
  const bool isLost = uses_.slots.isLost(cell);
  if (isLost) freeAsLost(cell, step);
  return isLost;
}

void Settling::freeAsLost(CellRef cell, Step& step) {
  step.actions.settledForMetrics.push_back(lostTaskMetrics(*uses_.slots.taskIn(cell)));
  free(cell, step);
}

void Settling::free(const SettleBatch& batch, Step& step) {
  for (const auto& cell : batch.cells) free(cell, step);
  step.actions.settledForMetrics.insert(step.actions.settledForMetrics.end(), batch.settledForMetrics.begin(),
                                        batch.settledForMetrics.end());
  step.actions.succeeded += batch.succeeded;
  step.actions.failed += batch.failed;
  if (batch.succeeded + batch.failed > 0)
    step.actions.settledCounts.push_back({batch.broker, batch.succeeded, batch.failed});
}

void Settling::free(CellRef cell, Step& step) {
  uses_.slots.markFreed(cell);
  step.actions.cellsToFree.push_back(cell);
}

void Settling::exemptFromCrashCharges(const event::StoreUnavailable& unavailable, Step& step) const {
  const auto* batch = uses_.batches.find(unavailable.batch);
  if (batch == nullptr) return;
  auto& cells = step.actions.cellsThatAwaitStores;
  cells.insert(cells.end(), batch->cells.begin(), batch->cells.end());
}

// Records name the worker that ran the task, or the master where the worker is not known.
settlement::RecordAuthor Settling::authorWith(int pid) const {
  return {uses_.author.host, pid != 0 ? pid : uses_.author.pid};
}

}  // namespace leptir::dispatcher
