// The part of Core that settles tasks: the record is saved first, then the lease is settled, then the cell is freed.
#include "dispatcher/core.h"

#include <algorithm>
#include <csignal>
#include <functional>
#include <utility>

#include "base/saturated.h"

namespace leptir::dispatcher {

using namespace std::chrono_literals;

namespace {

// Tasks that run longer than this get an in-progress record.
constexpr Duration kInProgressAfter = 200ms;
// How many batches of a broker may be at the stores; later outcomes gather in one more batch. Two where the feeder also
// saves the records: one in work, one waiting. More where a meta writer saves them, so that both threads always have a
// batch waiting: measured on Redis, 10 is 3 % quicker than 4.
constexpr int kMaxBatchesInOneThread = 2, kMaxBatchesInTwo = 10;

}  // namespace

void Core::on(event::CellFound& found) {
  const auto& assignment = found.assignment;
  auto head = task::decodeEnvelope(assignment.envelope);
  settlement::HeldTask task{.broker = assignment.broker,
                            .epoch = assignment.epoch,
                            .lease = assignment.lease,
                            .counters = assignment.counters,
                            .head = head ? std::move(*head) : task::EnvelopeHead{}};
  applyRules(task);
  slots_.adopt(found.cell, std::move(task), found.begun,
               link::AssignmentArea::needsLargeArea(assignment.lease.handle.size(), assignment.envelope.size()));
}

void Core::on(event::CellDone& done) {
  const auto& task = *slots_.taskIn(done.cell);  // valid until the cell is assigned again
  slots_.ended(done.cell);
  if (slots_.isLost(done.cell)) {
    slots_.freed(done.cell);
    return actions_.free.push_back(done.cell);
  }
  if (!done.outcome) {
    actions_.log.emplace_back(LogLevel::Error, settlement::logPrefix(task) + "The worker's outcome is corrupt: " +
                                                   done.outcome.error().message());
    const link::Verdict verdict{.reason = link::StopReason::Crash, .started = now_.boot, .ended = now_.boot};
    return settleCell(
        done.cell, task,
        settlement::settleVerdict(task, done.envelope, verdict, now_.wall, now_.wall, authorWith(done.pid), random_()),
        done.envelope);
  }
  pace_.observe(done.outcome->executionTime);
  if (wasEndedBySigterm(done)) {
    endedBySigterm_.emplace_back(std::move(done), now_.boot);
    return settleEndedBySigterm(stoppedAt_ && now_.boot - *stoppedAt_ <= kSigtermWindow,
                                stoppedAt_ ? 0s : kSigtermWindow);
  }
  settleDone(done);
}

void Core::settleDone(const event::CellDone& done) {
  const auto& task = *slots_.taskIn(done.cell);
  if (slots_.isLost(done.cell)) {
    slots_.freed(done.cell);
    return actions_.free.push_back(done.cell);
  }
  if (done.outcome->cause == Cause::GaveBack) logGivenBack(task);
  auto settlement = settlement::settleOutcome(task, done.envelope, *done.outcome, authorWith(done.pid), random_());
  if (settlement.failed)
    actions_.log.emplace_back(LogLevel::Warning, settlement::logPrefix(task) + settlement::describeFailure(settlement));
  settleCell(done.cell, task, std::move(settlement), done.envelope);
}

bool Core::wasEndedBySigterm(const event::CellDone& done) const {
  return done.outcome->cause == Cause::Crashed && done.outcome->signal == SIGTERM;
}

// systemd and terminals send SIGTERM to all processes at a stop. A program that it ended did not fail, so its task is
// given back. A SIGTERM without a stop is a crash.
void Core::settleEndedBySigterm(bool ofAStop, Duration olderThan) {
  const auto isRipe = [&](const auto& entry) { return ofAStop || now_.boot - entry.second >= olderThan; };
  const auto ripe = std::ranges::stable_partition(endedBySigterm_, std::not_fn(isRipe));
  for (auto& [done, since] : ripe) {
    if (ofAStop) done.outcome->cause = Cause::GaveBack;
    settleDone(done);
  }
  endedBySigterm_.erase(ripe.begin(), ripe.end());
}

void Core::logGivenBack(const settlement::HeldTask& task) {
  actions_.log.emplace_back(
      LogLevel::Info, settlement::logPrefix(task) + "Ended by the stop; it goes back into its queue and runs again.");
}

void Core::on(event::CellDied& died) {
  const auto& task = *slots_.taskIn(died.cell);  // valid until the cell is assigned again
  slots_.ended(died.cell);
  const auto& verdict = died.verdict;
  auto settlement = settlement::settleVerdict(task, died.envelope, verdict, wallOf(verdict.started),
                                              wallOf(verdict.ended), authorWith(verdict.pid), random_());
  if (settlement.record) {
    actions_.log.emplace_back(LogLevel::Error, settlement::logPrefix(task) + settlement::describeEnding(settlement));
  } else if (verdict.reason == link::StopReason::Shutdown && !slots_.isLost(died.cell)) {
    logGivenBack(task);
  }
  if (settlement.record && died.taskOutcome)
    settlement::addTaskOutput(std::move(*died.taskOutcome), *settlement.record);
  settleCell(died.cell, task, std::move(settlement), died.envelope);
}

void Core::on(event::CellUnsettlable& poison) {
  const auto& task = *slots_.taskIn(poison.cell);  // valid until the cell is assigned again
  slots_.ended(poison.cell);
  if (slots_.isLost(poison.cell)) {
    slots_.freed(poison.cell);
    return actions_.free.push_back(poison.cell);
  }
  auto settlement =
      settlement::settleUnsettlable(task, poison.envelope, poison.deaths, now_.wall, authorWith(poison.pid));
  actions_.log.emplace_back(LogLevel::Error, settlement::logPrefix(task) + settlement::describeFailure(settlement));
  settleCell(poison.cell, task, std::move(settlement), poison.envelope);
}

// Records name the worker that ran the task, or the master where the worker is not known.
settlement::RecordAuthor Core::authorWith(int pid) const {
  return {options_.author.host, pid != 0 ? pid : options_.author.pid};
}

Time Core::wallOf(BootTime time) const {
  return base::saturatedSubtract(now_.wall, base::saturatedSubtract(now_.boot, time));
}

void Core::on(event::CellRunning& running) {
  if (!slots_.running(running.cell, running.started, now_.boot, kInProgressAfter) || !options_.hasStorages) return;
  const auto& task = *slots_.taskIn(running.cell);
  if (isCurrent(task))
    batchOf(task.broker)
        .records.push_back(settlement::runningRecord(task, wallOf(running.started), authorWith(running.pid)));
}

void Core::on(event::AssignmentsTakenBack& taken) {
  for (auto& [cell, envelope] : taken.envelopes) {
    StockedTask stocked{
        .task = slots_.takenBack({taken.slot, cell}), .envelope = std::move(envelope), .since = now_.boot};
    if (!isCurrent(stocked.task) || slots_.isLost({taken.slot, cell})) {
      brokers_[stocked.task.broker].notCharged.insert(stocked.task.lease);
      continue;
    }
    if (stopping_ || brokers_[stocked.task.broker].detaching) {
      giveBack(std::move(stocked));
    } else if (!options_.names.contains(stocked.task.head.name)) {  // only an earlier configuration knew it
      leaveUnknownToOthers(std::move(stocked));
    } else {
      brokers_[stocked.task.broker].stock.push_front(std::move(stocked));
    }
  }
}

void Core::on(event::WorkerReady& worker) {
  slots_.setReady(worker.slot, worker.ready);
}

bool Core::isCurrent(const settlement::HeldTask& task) const {
  const auto& plan = brokers_[task.broker];
  return plan.open && plan.epoch == task.epoch;
}

void Core::settleCell(CellRef cell, const settlement::HeldTask& task, settlement::Settlement settlement,
                      std::string_view envelope) {
  // While the broker is unavailable the lease may be valid or lost. The batch waits in the feeder until the store
  // decides.
  const auto& plan = brokers_[task.broker];
  if (settlement.kind == settlement::Settlement::Kind::Drop || (plan.epoch != 0 && plan.epoch != task.epoch)) {
    slots_.freed(cell);
    actions_.free.push_back(cell);
    return;
  }
  auto& batch = batchOf(task.broker, task.epoch);
  batch.cells.push_back(cell);
  const bool isOver = settlement.kind == settlement::Settlement::Kind::Acknowledge ||
                      settlement.kind == settlement::Settlement::Kind::Bury;
  (settlement.failed ? batch.failed : batch.succeeded) += isOver ? 1 : 0;
  add(batch, task, settlement, envelope);
}

void Core::add(SettleBatch& batch, const settlement::HeldTask& task, settlement::Settlement& settlement,
               std::string_view envelope) {
  if (settlement.record && options_.hasStorages) batch.records.push_back(std::move(*settlement.record));
  switch (settlement.kind) {
    case settlement::Settlement::Kind::Acknowledge:
      batch.acknowledge.push_back(task.lease);
      break;
    case settlement::Settlement::Kind::Release:
      batch.release.push_back({.lease = task.lease,
                               .counters = settlement.counters,
                               .due = settlement.position == settlement::Settlement::Position::Kept
                                          ? std::optional<Time>()
                                          : base::saturatedAdd(now_.wall, settlement.delay),
                               .envelope = envelope});
      break;
    case settlement::Settlement::Kind::GiveBack:
      batch.release.push_back({.lease = task.lease, .counters = settlement.counters, .due = {}, .envelope = envelope});
      break;
    case settlement::Settlement::Kind::LeaveToOthers:
      batch.release.push_back({.lease = task.lease,
                               .counters = settlement.counters,
                               .due = {},
                               .envelope = envelope,
                               .leftToOthersUntil = now_.wall + settlement.delay});
      break;
    case settlement::Settlement::Kind::Bury:
      batch.bury.push_back({task.lease, settlement.counters, std::move(settlement.reason), envelope});
      break;
    case settlement::Settlement::Kind::Drop:
      break;
  }
}

SettleBatch& Core::batchOf(std::uint32_t broker) {
  return batchOf(broker, brokers_[broker].epoch);
}

// A batch is of one epoch. Cells that an earlier dispatcher left may be of two until one is known to be lost.
SettleBatch& Core::batchOf(std::uint32_t broker, std::uint64_t epoch) {
  auto& plan = brokers_[broker];
  if (plan.batch && plan.batch->epoch != epoch) flush(plan);
  if (!plan.batch) {
    plan.batch = std::make_shared<SettleBatch>();
    plan.batch->id = ++lastBatch_;
    plan.batch->broker = broker;
    plan.batch->epoch = epoch;
  }
  return *plan.batch;
}

void Core::flushBatches() {
  for (auto& plan : brokers_) {
    if (plan.batch && plan.batchesInFlight < maxBatchesInFlight(plan.batch->broker)) flush(plan);
  }
}

void Core::flush(BrokerState& plan) {
  ++plan.batchesInFlight;
  const auto batch = std::exchange(plan.batch, nullptr);
  const bool records = !batch->records.empty();
  const int saves = records ? options_.requiredStorages - colocatedStorages(batch->broker) : 0;
  pending_[batch->id] = {batch, saves};
  if (records) actions_.save.push_back(batch);
  if (saves == 0) actions_.settle.push_back(batch);
}

int Core::maxBatchesInFlight(std::uint32_t broker) const {
  return colocatedStorages(broker) > 0 || !options_.hasStorages ? kMaxBatchesInOneThread : kMaxBatchesInTwo;
}

int Core::colocatedStorages(std::uint32_t broker) const {
  return broker < options_.colocatedStorages.size() ? options_.colocatedStorages[broker] : 0;
}

void Core::on(event::RecordsSaved& saved) {
  stuckSince_.reset();
  const auto found = pending_.find(saved.batch);
  if (found == pending_.end()) return;
  if (--found->second.second == 0) actions_.settle.push_back(found->second.first);
}

void Core::on(event::BatchSettled& settled) {
  stuckSince_.reset();
  const auto found = pending_.find(settled.batch);
  if (found == pending_.end()) return;
  const auto& batch = *found->second.first;
  for (const auto& cell : batch.cells) {
    slots_.freed(cell);
    actions_.free.push_back(cell);
  }
  actions_.succeeded += batch.succeeded;
  actions_.failed += batch.failed;
  brokers_[batch.broker].counts.reset();
  --brokers_[batch.broker].batchesInFlight;
  pending_.erase(found);
}

// The batch reached its store without crashing this dispatcher, so a crash while it waits is not charged to its tasks.
void Core::on(event::StoreUnavailable& unavailable) {
  const auto found = pending_.find(unavailable.batch);
  if (found == pending_.end()) return;
  const auto& cells = found->second.first->cells;
  actions_.forgetSettleTries.insert(actions_.forgetSettleTries.end(), cells.begin(), cells.end());
}

}  // namespace leptir::dispatcher
