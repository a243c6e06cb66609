#include "dispatcher/core.h"

#include <algorithm>
#include <csignal>
#include <utility>

namespace leptir {
namespace {

using namespace std::chrono_literals;

// Tasks that run longer than this get an in-progress record.
constexpr Duration kMoment = 200ms;
// A leased task that finds no worker for this long goes back, so that another instance can run it.
constexpr Duration kStockPatience = 500ms;
// From so many tasks in the slots on it pays to settle them by the hundred.
constexpr std::size_t kHurried = 256;
// One batch is settled, the next one waits; what comes meanwhile gathers in a third.
constexpr int kMostUnderway = 2;
// So long a stop waits for stores that say nothing, once nothing runs any more.
constexpr Duration kStopPatience = 10s;
// Brokers take turns this long while tasks are leased one at a time; in the second half nothing is asked for, so that
// who asked last has its answer.
constexpr Duration kTurn = 2s;
// A TERM to every process of an instance ends programs this long before or after we hear of the stop.
constexpr Duration kSameTerm = 1s;
// More tasks than this are never asked for at once.
constexpr std::size_t kMostRoom = 4096;

std::string nameForLog(const HeldTask& task) {
  return "[" + task.head.id + "](" + task.head.name + ") ";
}

Time backTo(const HeldTask& task, Time now) {
  return std::min(now, task.head.timeOfExecution.value_or(task.head.pushedAt.value_or(now)));
}

// Lower index first, as ranks count.
std::vector<std::uint32_t> inOrder(CoreOptions& options) {
  options.leaving.resize(options.brokerPriorities.size());
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < options.brokerPriorities.size(); ++i) {
    if (!options.leaving[i]) order.push_back(i);
  }
  std::ranges::stable_sort(order, {}, [&](std::uint32_t broker) { return options.brokerPriorities[broker]; });
  return order;
}

std::vector<std::int64_t> prioritiesOf(const std::vector<std::uint32_t>& order, const CoreOptions& options) {
  std::vector<std::int64_t> priorities;
  for (const auto broker : order) priorities.push_back(options.brokerPriorities[broker]);
  return priorities;
}

}  // namespace

Core::Core(CoreOptions options, std::function<double()> random)
    : options_(std::move(options)),
      random_(std::move(random)),
      order_(inOrder(options_)),
      ranks_(prioritiesOf(order_, options_)),
      brokers_(options_.brokerPriorities.size()),
      slots_(options_.slots) {
  options_.leasedAlone.resize(brokers_.size());
  for (std::size_t i = 0; i < brokers_.size(); ++i) {
    brokers_[i].leaving = options_.leaving[i];
    brokers_[i].blames = options_.leasedAlone[i];
  }
}

Actions Core::step(std::vector<Event> events, Moment now) {
  now_ = now;
  actions_ = {};
  for (auto& happened : events) {
    std::visit([this](auto& what) { on(what); }, happened);
  }
  assignTasks();
  flushBatches();
  sayRooms();
  finishWhenDone();
  return std::move(actions_);
}

// --- brokers and what comes from them

void Core::on(event::BrokerOpened& opened) {
  auto& plan = brokers_[opened.broker];
  // What was assigned in an earlier epoch never begins.
  for (int slot = 0; slot < options_.slots && plan.epoch != opened.epoch; ++slot) actions_.takeBack.push_back(slot);
  plan.open = true;
  plan.epoch = opened.epoch;
  if (!opened.listsHeld) plan.compared = true;
  plan.knownEmpty = false;
}

void Core::on(event::BrokerClosed& closed) {
  auto& plan = brokers_[closed.broker];
  plan.open = false;
  plan.knownEmpty = true;
  plan.stock.clear();
}

void Core::on(event::Leased& leased) {
  auto& plan = brokers_[leased.broker];
  plan.delivered += leased.tasks.size();
  if (!plan.open || leased.epoch != plan.epoch) return;  // of a session that was lost meanwhile
  plan.knownEmpty = leased.nothingMoreDue;
  plan.counts.reset();
  for (auto& task : leased.tasks) receive(leased.broker, std::move(task));
}

void Core::receive(std::uint32_t broker, LeasedTask leased) {
  auto head = decodeEnvelope(leased.envelope);
  if (!head) return buryMalformed(broker, std::move(leased), head.error());
  auto& plan = brokers_[broker];
  plan.unknownWaiting.erase(head->id);
  Stocked stocked{.task = {.broker = broker,
                           .epoch = plan.epoch,
                           .lease = std::move(leased.lease),
                           .counters = leased.counters,
                           .head = std::move(*head)},
                  .envelope = std::move(leased.envelope),
                  .since = now_.boot};
  applyRules(stocked.task);
  if (!leased.cancelledBy.empty()) return settleStocked(std::move(stocked), leased.cancelledBy);
  if (options_.names.find(stocked.task.head.name) == options_.names.end()) return putAsideUnknown(std::move(stocked));
  if (stopping_) return giveBack(std::move(stocked));
  plan.stock.push_back(std::move(stocked));
}

void Core::buryMalformed(std::uint32_t broker, LeasedTask leased, const Error& why) {
  auto& batch = batchOf(broker);
  batch.envelopes.push_back(std::move(leased.envelope));
  batch.bury.push_back(
      {std::move(leased.lease), leased.counters, "malformed: " + why.message(), batch.envelopes.back()});
  ++batch.failed;
  actions_.log.emplace_back(LogLevel::Error,
                            "broker " + options_.brokerNames[broker] + ": buried a malformed task: " + why.message());
}

void Core::putAsideUnknown(Stocked stocked) {
  auto settlement = settleUnknownName(stocked.task, stocked.envelope, now_.wall, options_.author);
  auto& plan = brokers_[stocked.task.broker];
  if (settlement.kind == Settlement::Kind::Release) plan.unknownWaiting.insert(stocked.task.head.id);
  actions_.log.emplace_back(
      LogLevel::Warning,
      nameForLog(stocked.task) + "No task of this name is known here; it waits for a program that knows it.");
  auto& batch = batchOf(stocked.task.broker);
  batch.envelopes.push_back(std::move(stocked.envelope));
  add(batch, stocked.task, settlement, batch.envelopes.back());
}

void Core::giveBack(Stocked stocked) {
  Settlement settlement{.kind = Settlement::Kind::GiveBack, .counters = stocked.task.counters};
  auto& batch = batchOf(stocked.task.broker);
  batch.envelopes.push_back(std::move(stocked.envelope));
  add(batch, stocked.task, settlement, batch.envelopes.back());
}

// A task that was cancelled before it could begin.
void Core::settleStocked(Stocked stocked, const std::string& cancelledBy) {
  auto settlement = settleCancelled(stocked.task, stocked.envelope, cancelledBy, now_.wall, options_.author);
  auto& batch = batchOf(stocked.task.broker);
  batch.envelopes.push_back(std::move(stocked.envelope));
  ++batch.failed;
  add(batch, stocked.task, settlement, batch.envelopes.back());
}

void Core::giveBackStock(BrokerPlan& plan) {
  for (auto& stocked : plan.stock) giveBack(std::move(stocked));
  plan.stock.clear();
}

void Core::on(event::Held& held) {
  auto& plan = brokers_[held.broker];
  if (!plan.open || held.epoch != plan.epoch) return;
  for (auto& leased : held.tasks) {
    if (isHeld(held.broker, leased.lease)) continue;
    if (plan.blames && !plan.spared.contains(leased.lease)) {
      blame(held.broker, std::move(leased));
      continue;
    }
    // Leased, but the answer never reached anyone, or whoever had it is gone: as if it had never been leased.
    auto& batch = batchOf(held.broker);
    batch.envelopes.push_back(std::move(leased.envelope));
    const auto head = decodeEnvelope(batch.envelopes.back());
    const HeldTask task{.broker = held.broker, .head = head ? *head : EnvelopeHead{}};
    batch.release.push_back(
        {std::move(leased.lease), leased.counters, backTo(task, now_.wall), batch.envelopes.back()});
  }
  plan.compared = true;
  plan.blames = false;
  plan.spared.clear();
  loseAllBut(held);
}

// What was leased alone and never came as far as a cell is what the last dispatcher died of. Its bytes are not looked
// at: that may have been it.
void Core::blame(std::uint32_t broker, LeasedTask leased) {
  const auto lease = leased.lease;
  auto& batch = batchOf(broker);
  batch.envelopes.push_back(std::move(leased.envelope));
  ++leased.counters.crashes;
  const auto times = std::to_string(leased.counters.crashes);
  const auto delay = delayAfterCrash(leased.counters.crashes);
  if (delay) {
    batch.release.push_back({lease, leased.counters, now_.wall + *delay, batch.envelopes.back()});
  } else {
    batch.bury.push_back({lease, leased.counters,
                          "the dispatcher died while it held this task alone; crashes so far: " + times,
                          batch.envelopes.back()});
    ++batch.failed;
  }
  actions_.log.emplace_back(LogLevel::Error,
                            "broker " + options_.brokerNames[broker] +
                                ": the dispatcher died of a task that it held alone; that is its crash " + times +
                                (delay ? "" : ", and it is buried"));
}

// What the store does not know as ours ends without a record: somebody else may be running it.
void Core::loseAllBut(const event::Held& held) {
  std::set<LeaseId> known;
  for (const auto& task : held.tasks) known.insert(task.lease);
  std::vector<LeaseId> lost;
  const auto look = [&](const HeldTask& task) {
    const bool ours = task.broker == held.broker && task.epoch == held.epoch;
    if (ours && !known.contains(task.lease)) lost.push_back(task.lease);
  };
  for (const auto& stocked : brokers_[held.broker].stock) look(stocked.task);
  slots_.forEachTask(look);
  event::Lost all{held.broker, std::move(lost)};
  if (!all.leases.empty()) on(all);
}

bool Core::isHeld(std::uint32_t broker, const LeaseId& lease) const {
  const auto same = [&](const HeldTask& task) { return task.broker == broker && task.lease == lease; };
  const auto& plan = brokers_[broker];
  if (std::any_of(plan.stock.begin(), plan.stock.end(), [&](const Stocked& stocked) { return same(stocked.task); }))
    return true;
  bool found = false;
  slots_.forEachTask([&](const HeldTask& task) { found = found || same(task); });
  const auto settling = [&](const SettleBatch& batch) {
    const auto isLease = [&](const auto& entry) { return entry.lease == lease; };
    return batch.broker == broker &&
           (std::find(batch.acknowledge.begin(), batch.acknowledge.end(), lease) != batch.acknowledge.end() ||
            std::any_of(batch.release.begin(), batch.release.end(), isLease) ||
            std::any_of(batch.bury.begin(), batch.bury.end(), isLease));
  };
  for (const auto& [id, pending] : pending_) found = found || settling(*pending.first);
  return found || (plan.batch && settling(*plan.batch));
}

void Core::on(event::Lost& lost) {
  auto& stock = brokers_[lost.broker].stock;
  const auto isLost = [&](const Stocked& stocked) {
    return std::find(lost.leases.begin(), lost.leases.end(), stocked.task.lease) != lost.leases.end();
  };
  stock.erase(std::remove_if(stock.begin(), stock.end(), isLost), stock.end());
  for (const auto& lease : lost.leases) {
    const auto cell = slots_.find(lost.broker, lease);
    if (!cell) continue;
    slots_.setLost(*cell);
    actions_.wishes.push_back({*cell, StopReason::Lease, {}});
  }
}

void Core::on(event::Cancelled& cancelled) {
  auto& stock = brokers_[cancelled.broker].stock;
  for (const auto& [lease, by] : cancelled.wishes) {
    const auto stocked = std::ranges::find(stock, lease, [](const Stocked& entry) { return entry.task.lease; });
    if (stocked != stock.end()) {
      settleStocked(std::move(*stocked), by);
      stock.erase(stocked);
    } else if (const auto cell = slots_.find(cancelled.broker, lease)) {
      actions_.wishes.push_back({*cell, StopReason::Cancel, by});
    }
  }
}

void Core::on(event::Counted& counted) {
  brokers_[counted.broker].counts = counted.counts;
}

// --- cells

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
    return settleCell(done.cell, task,
                      settleVerdict(task, done.envelope, verdict, now_.wall, now_.wall, options_.author, random_()),
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
  settleCell(done.cell, task, settleOutcome(task, done.envelope, *done.outcome, options_.author, random_()),
             done.envelope);
}

bool Core::isEndedByATerm(const event::CellDone& done) const {
  return done.outcome->cause == Cause::Crashed && done.outcome->signal == SIGTERM;
}

// Systemd and terminals send a TERM to everyone: then a program was not to blame, and is given back. One that came
// alone is a crash.
void Core::settleTermed(bool ofAStop, Duration olderThan) {
  std::erase_if(termed_, [&](auto& entry) {
    auto& [done, since] = entry;
    if (!ofAStop && now_.boot - since < olderThan) return false;
    if (ofAStop) done.outcome->cause = Cause::GaveBack;
    settleDone(done);
    return true;
  });
}

void Core::on(event::CellDied& died) {
  const auto& task = *slots_.taskIn(died.cell);  // stays until the cell is used again
  slots_.ended(died.cell);
  const auto& verdict = died.verdict;
  auto settlement = settleVerdict(task, died.envelope, verdict, wallOf(verdict.started), wallOf(verdict.ended),
                                  options_.author, random_());
  if (settlement.record) {
    actions_.log.emplace_back(LogLevel::Error, nameForLog(task) + settlement.record->response + " (" +
                                                   settlement.record->cause + ", attempt " +
                                                   std::to_string(settlement.record->attempt) + ")");
  }
  settleCell(died.cell, task, std::move(settlement), died.envelope);
}

Time Core::wallOf(BootTime time) const {
  return now_.wall - (now_.boot - time);
}

void Core::on(event::CellRunning& running) {
  if (!slots_.running(running.cell, running.started, now_.boot, kMoment) || !options_.hasStorages) return;
  const auto& task = *slots_.taskIn(running.cell);
  if (isCurrent(task))
    batchOf(task.broker).records.push_back(runningRecord(task, wallOf(running.started), options_.author));
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

// --- settling: the record, then the lease, then the cell

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
      batch.release.push_back(
          {task.lease, settlement.counters,
           settlement.place == Settlement::Place::Own ? backTo(task, now_.wall) : now_.wall + settlement.delay,
           envelope});
      break;
    case Settlement::Kind::GiveBack:
      batch.release.push_back({task.lease, settlement.counters, backTo(task, now_.wall), envelope});
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
    if (plan.batch && plan.underway < kMostUnderway) flush(plan);
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

// --- handing out

void Core::assignTasks() {
  while (!stopping_ && masterWorks_) {
    const auto broker = drawBroker();
    if (!broker || !assignOne(*broker)) return;
  }
}

// Each free place draws its broker among those that are not known to be empty. One whose stock is just being refilled
// keeps the place: otherwise brokers with quicker stores would get more than their share.
std::optional<std::uint32_t> Core::drawBroker() {
  const auto mayHave = [this](std::uint32_t broker) {
    return !brokers_[broker].stock.empty() || (brokers_[broker].open && !brokers_[broker].knownEmpty);
  };
  if (!reserved_ || !mayHave(*reserved_)) {
    std::vector<bool> candidates;
    for (const auto broker : order_) candidates.push_back(mayHave(broker));
    const auto drawn = ranks_.draw(candidates, random_());
    if (!drawn) return std::nullopt;
    reserved_ = order_[*drawn];
  }
  if (brokers_[*reserved_].stock.empty()) return std::nullopt;
  return std::exchange(reserved_, std::nullopt);
}

bool Core::assignOne(std::uint32_t broker) {
  auto& stock = brokers_[broker].stock;
  auto& first = stock.front();
  const bool large = Slot::needsLargeArea(first.task.lease.handle.size(), first.envelope.size());
  const auto slot = slots_.choose(large, pace_.depth());
  if (!slot) {
    reserved_ = broker;  // the next place is its own
    return false;
  }
  actions_.envelopes.push_back(std::move(first.envelope));
  const auto* rules = rulesFor(first.task);
  Assignment assignment{.broker = broker,
                        .epoch = first.task.epoch,
                        .lease = first.task.lease,
                        .counters = first.task.counters,
                        .timeLimit = timeLimitOf(first.task),
                        .assigned = now_.boot,
                        .fresh = rules != nullptr && rules->limits.any(),
                        .envelope = actions_.envelopes.back()};
  actions_.assign.push_back({slots_.take(*slot, std::move(first.task), large), std::move(assignment)});
  stock.pop_front();
  return true;
}

const TaskRules* Core::rulesFor(const HeldTask& task) const {
  const auto found = options_.rules.find(task.head.name);
  return found == options_.rules.end() ? nullptr : &found->second;
}

// What the task itself says goes before what is said of its name.
void Core::applyRules(HeldTask& task) const {
  const auto* rules = rulesFor(task);
  if (rules == nullptr) return;
  if (task.head.maxAttempts == 0) task.head.maxAttempts = rules->maxAttempts.value_or(0);
  task.retryDelay = rules->retryDelay.value_or(kRetryDelay);
}

Duration Core::timeLimitOf(const HeldTask& task) const {
  if (task.head.timeLimitSeconds > 0) return std::chrono::seconds(task.head.timeLimitSeconds);
  const auto* rules = rulesFor(task);
  return rules != nullptr ? rules->timeLimit.value_or(options_.taskExecutionTime) : options_.taskExecutionTime;
}

void Core::sayRooms() {
  if (now_.boot < options_.carefulUntil) return sayCarefulRooms();
  const auto room = stopping_ ? 0 : std::min(slots_.room(pace_.depth()), kMostRoom);
  for (std::uint32_t i = 0; i < brokers_.size(); ++i) {
    const auto& plan = brokers_[i];
    actions_.rooms.push_back(
        {i, plan.open && !plan.leaving ? room - std::min(room, plan.stock.size()) : 0, plan.delivered});
  }
}

// Only what a worker can have at once, and nothing else on its way: whatever we die of is then the only one of its
// broker that is held and stands in no cell.
void Core::sayCarefulRooms() {
  const bool waits = std::ranges::any_of(brokers_, [](const BrokerPlan& plan) { return !plan.stock.empty(); });
  const auto turn = stopping_ || waits || slots_.room(1) == 0 ? std::nullopt : brokersTurn();
  for (std::uint32_t i = 0; i < brokers_.size(); ++i) {
    const bool may = turn == i && isToStandAlone(brokers_[i]);
    actions_.rooms.push_back({i, may ? 1u : 0u, brokers_[i].delivered, true});
  }
}

std::optional<std::uint32_t> Core::brokersTurn() const {
  if (order_.empty()) return std::nullopt;
  if (order_.size() == 1) return order_.front();
  const auto since = now_.boot.time_since_epoch();
  if (since % kTurn >= kTurn / 2) return std::nullopt;
  return order_[static_cast<std::size_t>(since / kTurn) % order_.size()];
}

bool Core::isToStandAlone(const BrokerPlan& plan) const {
  return plan.open && plan.compared && !plan.batch && plan.underway == 0;
}

void Core::on(event::Tick&) {
  settleTermed(false, kSameTerm);
  for (const int slot : slots_.stuck(now_.boot)) actions_.takeBack.push_back(slot);
  sayRunning();
  letLeaversGo();
  for (auto& plan : brokers_) {
    if (!plan.stock.empty() && now_.boot - plan.stock.front().since > kStockPatience) giveBackStock(plan);
  }
  if (!options_.drain || !isIdle()) return;
  for (std::uint32_t i = 0; i < brokers_.size(); ++i) {
    if (brokers_[i].open && !brokers_[i].leaving) actions_.count.push_back(i);
  }
}

// Brokers that the configuration no longer names, once all that they lent us is settled or given back.
void Core::letLeaversGo() {
  for (std::uint32_t i = 0; i < brokers_.size(); ++i) {
    auto& plan = brokers_[i];
    if (!plan.leaving || plan.letGo || !plan.open || !plan.stock.empty() || plan.batch || plan.underway > 0) continue;
    bool inCells = false;
    slots_.forEachTask([&](const HeldTask& task) { inCells = inCells || task.broker == i; });
    if (inCells) continue;
    plan.letGo = true;
    plan.open = false;
    actions_.letGo.push_back(i);
    actions_.log.emplace_back(
        LogLevel::Info, "broker " + options_.brokerNames[i] + ": nothing of its tasks is left here, and it is let go.");
  }
}

// Only what runs longer than a moment is worth a question.
void Core::sayRunning() {
  for (std::uint32_t i = 0; i < brokers_.size(); ++i) actions_.running.push_back({i, slots_.runningLong(i)});
}

// --- ending

void Core::on(event::Stop&) {
  stopping_ = true;
  stoppedAt_ = now_.boot;
  settleTermed(true, 0s);
  for (auto& plan : brokers_) giveBackStock(plan);
  for (int slot = 0; slot < options_.slots; ++slot) actions_.takeBack.push_back(slot);
}

void Core::finishWhenDone() {
  if (stopping_ && !closed_ && !isIdle()) giveUpWhenStuck();
  if (closed_ || !isIdle() || !(stopping_ || (options_.drain && isDrained()))) return;
  closed_ = true;
  stopping_ = true;
  actions_.closeBrokers = true;
}

// Stores that are down must not keep an instance from ending: what they were not told of comes back when the session
// ends, and runs again.
void Core::giveUpWhenStuck() {
  if (slots_.unended() > 0 || !stuckSince_) stuckSince_ = now_.boot;
  if (now_.boot - *stuckSince_ < kStopPatience) return;
  actions_.log.emplace_back(LogLevel::Error, std::to_string(slots_.used()) +
                                                 " tasks that have run cannot be settled, since a store is down; they "
                                                 "come back when the session ends, and run again.");
  closed_ = true;
  actions_.closeBrokers = true;
  actions_.leavesToExpire = true;
}

bool Core::isIdle() const {
  return slots_.used() == 0 && pending_.empty() &&
         std::all_of(brokers_.begin(), brokers_.end(),
                     [](const BrokerPlan& plan) { return plan.stock.empty() && !plan.batch; });
}

bool Core::isDrained() const {
  return std::all_of(brokers_.begin(), brokers_.end(), [](const BrokerPlan& plan) {
    return plan.leaving || (plan.counts && plan.counts->due == 0 && plan.counts->leased == 0 &&
                            plan.counts->scheduled <= plan.unknownWaiting.size());
  });
}

bool Core::leftUnknown() const {
  return std::any_of(brokers_.begin(), brokers_.end(),
                     [](const BrokerPlan& plan) { return !plan.unknownWaiting.empty(); });
}

bool Core::looksAhead() const {
  return slots_.looksAhead();
}
bool Core::isHurried() const {
  return slots_.used() >= kHurried;
}
std::size_t Core::brokersAway() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(brokers_, [](const BrokerPlan& plan) { return !plan.open && !plan.leaving; }));
}
const HeldTask* Core::taskIn(CellRef cell) const {
  return slots_.taskIn(cell);
}

}  // namespace leptir
