// The core on its cells: what was run is settled, the record first, then the lease, then the cell.
#include "dispatcher/core.h"

#include <algorithm>
#include <csignal>
#include <functional>
#include <utility>

#include "base/saturated.h"

namespace leptir {

using namespace std::chrono_literals;

namespace {

// Tasks that run longer than this get an in-progress record.
constexpr Duration kMoment = 200ms;
// Batches on their way to the stores; what comes meanwhile gathers in one more. Where one thread does it all: one that
// is settled, and the next. Where records are saved by a thread of their own, both threads always have some waiting:
// measured on Redis, 10 is 3 % quicker than 4.
constexpr int kMostInOneThread = 2, kMostInTwo = 10;

}  // namespace

void Core::on(event::CellFound& found) {
  const auto& assignment = found.assignment;
  auto head = decodeEnvelope(assignment.envelope);
  HeldTask task{.broker = assignment.broker,
                .epoch = assignment.epoch,
                .lease = assignment.lease,
                .counters = assignment.counters,
                .head = head ? std::move(*head) : EnvelopeHead{}};
  applyRules(task);
  slots_.adopt(found.cell, std::move(task), found.begun,
               Slot::needsLargeArea(assignment.lease.handle.size(), assignment.envelope.size()));
}

void Core::on(event::CellDone& done) {
  const auto& task = *slots_.taskIn(done.cell);  // stays until the cell is used again
  slots_.ended(done.cell);
  if (slots_.isLost(done.cell)) {
    slots_.freed(done.cell);
    return actions_.free.push_back(done.cell);
  }
  if (!done.outcome) {
    actions_.log.emplace_back(
        LogLevel::Error, nameForLog(task) + "The worker's answer cannot be read: " + done.outcome.error().message());
    const Verdict verdict{.reason = StopReason::Crash, .started = now_.boot, .ended = now_.boot};
    return settleCell(
        done.cell, task,
        settleVerdict(task, done.envelope, verdict, now_.wall, now_.wall, authorWith(done.pid), random_()),
        done.envelope);
  }
  pace_.saw(done.outcome->executionTime);
  if (isEndedByATerm(done)) {
    termed_.emplace_back(std::move(done), now_.boot);
    return settleTermed(stoppedAt_ && now_.boot - *stoppedAt_ <= kSameTerm, stoppedAt_ ? 0s : kSameTerm);
  }
  settleDone(done);
}

void Core::settleDone(const event::CellDone& done) {
  const auto& task = *slots_.taskIn(done.cell);
  if (slots_.isLost(done.cell)) {
    slots_.freed(done.cell);
    return actions_.free.push_back(done.cell);
  }
  if (done.outcome->cause == Cause::GaveBack) sayGivenBack(task);
  auto settlement = settleOutcome(task, done.envelope, *done.outcome, authorWith(done.pid), random_());
  if (settlement.failed) actions_.log.emplace_back(LogLevel::Warning, nameForLog(task) + sentenceOfFailure(settlement));
  settleCell(done.cell, task, std::move(settlement), done.envelope);
}

bool Core::isEndedByATerm(const event::CellDone& done) const {
  return done.outcome->cause == Cause::Crashed && done.outcome->signal == SIGTERM;
}

// Systemd and terminals send a TERM to everyone: then a program was not to blame, and is given back. One that came
// alone is a crash.
void Core::settleTermed(bool ofAStop, Duration olderThan) {
  const auto isRipe = [&](const auto& entry) { return ofAStop || now_.boot - entry.second >= olderThan; };
  const auto ripe = std::ranges::stable_partition(termed_, std::not_fn(isRipe));
  for (auto& [done, since] : ripe) {
    if (ofAStop) done.outcome->cause = Cause::GaveBack;
    settleDone(done);
  }
  termed_.erase(ripe.begin(), ripe.end());
}

void Core::sayGivenBack(const HeldTask& task) {
  actions_.log.emplace_back(LogLevel::Info,
                            nameForLog(task) + "Ended by the stop; it goes back into its queue and runs again.");
}

void Core::on(event::CellDied& died) {
  const auto& task = *slots_.taskIn(died.cell);  // stays until the cell is used again
  slots_.ended(died.cell);
  const auto& verdict = died.verdict;
  auto settlement = settleVerdict(task, died.envelope, verdict, wallOf(verdict.started), wallOf(verdict.ended),
                                  authorWith(verdict.pid), random_());
  if (settlement.record) {
    actions_.log.emplace_back(LogLevel::Error, nameForLog(task) + sentenceOfEnding(settlement));
  } else if (verdict.reason == StopReason::Shutdown && !slots_.isLost(died.cell)) {
    sayGivenBack(task);
  }
  if (settlement.record && died.said) addWhatItSaid(std::move(*died.said), *settlement.record);
  settleCell(died.cell, task, std::move(settlement), died.envelope);
}

void Core::on(event::CellUnsettlable& poison) {
  const auto& task = *slots_.taskIn(poison.cell);  // stays until the cell is used again
  slots_.ended(poison.cell);
  if (slots_.isLost(poison.cell)) {
    slots_.freed(poison.cell);
    return actions_.free.push_back(poison.cell);
  }
  auto settlement = settleUnsettlable(task, poison.envelope, poison.deaths, now_.wall, authorWith(poison.pid));
  actions_.log.emplace_back(LogLevel::Error, nameForLog(task) + sentenceOfFailure(settlement));
  settleCell(poison.cell, task, std::move(settlement), poison.envelope);
}

// The record names the process that ran the task.
RecordAuthor Core::authorWith(int pid) const {
  return {options_.author.host, pid != 0 ? pid : options_.author.pid};
}

Time Core::wallOf(BootTime time) const {
  return saturatedSubtract(now_.wall, saturatedSubtract(now_.boot, time));
}

void Core::on(event::CellRunning& running) {
  if (!slots_.running(running.cell, running.started, now_.boot, kMoment) || !options_.hasStorages) return;
  const auto& task = *slots_.taskIn(running.cell);
  if (isCurrent(task))
    batchOf(task.broker).records.push_back(runningRecord(task, wallOf(running.started), authorWith(running.pid)));
}

void Core::on(event::TakenBack& taken) {
  for (auto& [cell, envelope] : taken.envelopes) {
    Stocked stocked{.task = slots_.takenBack({taken.slot, cell}), .envelope = std::move(envelope), .since = now_.boot};
    if (!isCurrent(stocked.task) || slots_.isLost({taken.slot, cell})) {
      brokers_[stocked.task.broker].spared.insert(stocked.task.lease);
      continue;
    }
    if (stopping_ || brokers_[stocked.task.broker].leaving) {
      giveBack(std::move(stocked));
    } else if (!options_.names.contains(stocked.task.head.name)) {  // by an earlier configuration it was
      putAsideUnknown(std::move(stocked));
    } else {
      brokers_[stocked.task.broker].stock.push_front(std::move(stocked));
    }
  }
}

void Core::on(event::WorkerReady& worker) {
  slots_.setReady(worker.slot, worker.ready);
}

bool Core::isCurrent(const HeldTask& task) const {
  const auto& plan = brokers_[task.broker];
  return plan.open && plan.epoch == task.epoch;
}

void Core::settleCell(CellRef cell, const HeldTask& task, Settlement settlement, std::string_view envelope) {
  // While its broker is away nobody knows whether the lease still stands; the batch waits with it and the store
  // decides.
  const auto& plan = brokers_[task.broker];
  if (settlement.kind == Settlement::Kind::Drop || (plan.epoch != 0 && plan.epoch != task.epoch)) {
    slots_.freed(cell);
    actions_.free.push_back(cell);
    return;
  }
  auto& batch = batchOf(task.broker, task.epoch);
  batch.cells.push_back(cell);
  const bool isOver = settlement.kind == Settlement::Kind::Acknowledge || settlement.kind == Settlement::Kind::Bury;
  (settlement.failed ? batch.failed : batch.succeeded) += isOver ? 1 : 0;
  add(batch, task, settlement, envelope);
}

void Core::add(SettleBatch& batch, const HeldTask& task, Settlement& settlement, std::string_view envelope) {
  if (settlement.record && options_.hasStorages) batch.records.push_back(std::move(*settlement.record));
  switch (settlement.kind) {
    case Settlement::Kind::Acknowledge:
      batch.acknowledge.push_back(task.lease);
      break;
    case Settlement::Kind::Release:
      batch.release.push_back({.lease = task.lease,
                               .counters = settlement.counters,
                               .due = settlement.place == Settlement::Place::Own
                                          ? std::optional<Time>()
                                          : saturatedAdd(now_.wall, settlement.delay),
                               .envelope = envelope});
      break;
    case Settlement::Kind::GiveBack:
      batch.release.push_back({.lease = task.lease, .counters = settlement.counters, .due = {}, .envelope = envelope});
      break;
    case Settlement::Kind::LeaveToOthers:
      batch.release.push_back({.lease = task.lease,
                               .counters = settlement.counters,
                               .due = {},
                               .envelope = envelope,
                               .leftUntil = now_.wall + settlement.delay});
      break;
    case Settlement::Kind::Bury:
      batch.bury.push_back({task.lease, settlement.counters, std::move(settlement.reason), envelope});
      break;
    case Settlement::Kind::Drop:
      break;
  }
}

SettleBatch& Core::batchOf(std::uint32_t broker) {
  return batchOf(broker, brokers_[broker].epoch);
}

// A batch is of one epoch. Cells of an earlier dispatcher may be of two before it is known which one stands.
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
    if (plan.batch && plan.underway < mostUnderway(plan.batch->broker)) flush(plan);
  }
}

void Core::flush(BrokerPlan& plan) {
  ++plan.underway;
  const auto batch = std::exchange(plan.batch, nullptr);
  const bool records = !batch->records.empty();
  const int saves = records ? options_.requiredStorages - storagesBeside(batch->broker) : 0;
  pending_[batch->id] = {batch, saves};
  if (records) actions_.save.push_back(batch);
  if (saves == 0) actions_.settle.push_back(batch);
}

int Core::mostUnderway(std::uint32_t broker) const {
  return storagesBeside(broker) > 0 || !options_.hasStorages ? kMostInOneThread : kMostInTwo;
}

int Core::storagesBeside(std::uint32_t broker) const {
  return broker < options_.storagesBeside.size() ? options_.storagesBeside[broker] : 0;
}

void Core::on(event::Saved& saved) {
  stuckSince_.reset();
  const auto found = pending_.find(saved.batch);
  if (found == pending_.end()) return;
  if (--found->second.second == 0) actions_.settle.push_back(found->second.first);
}

void Core::on(event::Settled& settled) {
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
  --brokers_[batch.broker].underway;
  pending_.erase(found);
}

// The batch has come as far as its store without harm to this dispatcher.
void Core::on(event::StoreUnavailable& unavailable) {
  const auto found = pending_.find(unavailable.batch);
  if (found == pending_.end()) return;
  const auto& cells = found->second.first->cells;
  actions_.forgetSettleTries.insert(actions_.forgetSettleTries.end(), cells.begin(), cells.end());
}

}  // namespace leptir
