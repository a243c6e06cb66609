// The part of Core that assigns tasks to workers and gives lease credit to brokers.
#include "dispatcher/core.h"

#include <algorithm>
#include <utility>

#include "base/saturated.h"

namespace leptir::dispatcher {

using namespace std::chrono_literals;

namespace {

// Once the oldest unassigned task of a broker has waited for this long, all unassigned tasks of the broker are
// released, so that other instances can run them.
constexpr Duration kStockPatience = 500ms;
// While tasks are leased one at a time, each broker has a turn of this length. In the second half of a turn no broker
// may lease, so that the reply to the last lease arrives before the next turn.
constexpr Duration kTurn = 2s;
// The largest lease credit.
constexpr std::size_t kMaxLeaseCredit = 4096;

}  // namespace

void Core::assignTasks() {
  while (!stopping_ && masterIsAlive_) {
    const auto broker = drawBroker();
    if (!broker || !assignOne(*broker)) return;
  }
}

// Draws by rank the broker whose task goes into the next free cell, among brokers that are not known to be empty. If
// the stock of the drawn broker is being refilled, the cell stays reserved for it: otherwise brokers with quicker
// stores would get more than their share.
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
  const bool large = link::AssignmentArea::needsLargeArea(first.task.lease.handle.size(), first.envelope.size());
  const auto slot = slots_.choose(large, pace_.depth());
  if (!slot) {
    reserved_ = broker;  // the next free cell goes to this broker
    return false;
  }
  actions_.envelopes.push_back(std::move(first.envelope));
  const auto* rules = rulesFor(first.task);
  link::Assignment assignment{.broker = broker,
                              .epoch = first.task.epoch,
                              .lease = first.task.lease,
                              .counters = first.task.counters,
                              .timeLimit = timeLimitOf(first.task),
                              .assigned = now_.boot,
                              .needsFreshWorker = rules != nullptr && rules->limits.any(),
                              .envelope = actions_.envelopes.back()};
  actions_.assign.push_back({slots_.take(*slot, std::move(first.task), large), std::move(assignment)});
  stock.pop_front();
  return true;
}

const TaskRules* Core::rulesFor(const settlement::HeldTask& task) const {
  const auto found = options_.rules.find(task.head.name);
  return found == options_.rules.end() ? nullptr : &found->second;
}

// Options of the task itself take precedence over the rules for its name.
void Core::applyRules(settlement::HeldTask& task) const {
  const auto* rules = rulesFor(task);
  if (rules == nullptr) return;
  if (task.head.maxAttempts == 0) task.head.maxAttempts = rules->maxAttempts.value_or(0);
  task.retryDelay = rules->retryDelay.value_or(settlement::kRetryDelay);
}

Duration Core::timeLimitOf(const settlement::HeldTask& task) const {
  if (task.head.timeLimitSeconds > 0) return base::durationFromWholeSeconds(task.head.timeLimitSeconds);
  const auto* rules = rulesFor(task);
  return rules != nullptr ? rules->timeLimit.value_or(options_.taskExecutionTime) : options_.taskExecutionTime;
}

void Core::publishLeaseCredit() {
  if (now_.boot < options_.singleLeasesUntil) return publishSingleLeaseCredit();
  const auto credit = stopping_ ? 0 : std::min(slots_.credit(pace_.depth()), kMaxLeaseCredit);
  for (std::uint32_t i = 0; i < brokers_.size(); ++i) {
    const auto& plan = brokers_[i];
    actions_.leaseCredits.push_back(
        {i, plan.open && !plan.detaching ? credit - std::min(credit, plan.stock.size()) : 0, plan.delivered});
  }
}

// Credit for one task at a time, and only when a worker is free and no other lease of the broker is in flight. A task
// that crashes the dispatcher is then the only held task of its broker that stands in no cell.
void Core::publishSingleLeaseCredit() {
  const bool waits = std::ranges::any_of(brokers_, [](const BrokerState& plan) { return !plan.stock.empty(); });
  const auto turn = stopping_ || waits || slots_.credit(1) == 0 ? std::nullopt : brokersTurn();
  for (std::uint32_t i = 0; i < brokers_.size(); ++i) {
    const bool may = turn == i && mayLeaseAlone(brokers_[i]);
    actions_.leaseCredits.push_back({i, may ? 1u : 0u, brokers_[i].delivered, true});
  }
}

std::optional<std::uint32_t> Core::brokersTurn() const {
  if (order_.empty()) return std::nullopt;
  if (order_.size() == 1) return order_.front();
  const auto since = now_.boot.time_since_epoch();
  if (since % kTurn >= kTurn / 2) return std::nullopt;
  return order_[static_cast<std::size_t>(since / kTurn) % order_.size()];
}

bool Core::mayLeaseAlone(const BrokerState& plan) const {
  return plan.open && plan.heldTasksCompared && !plan.batch && plan.batchesInFlight == 0;
}

void Core::on(event::Tick&) {
  settleEndedBySigterm(false, kSigtermWindow);
  for (const int slot : slots_.slotsToTakeBackFrom(now_.boot)) actions_.takeBack.push_back(slot);
  publishRunningLeases();
  detachUnconfiguredBrokers();
  for (auto& plan : brokers_) {
    if (!plan.stock.empty() && now_.boot - plan.stock.front().since > kStockPatience) giveBackStock(plan);
  }
  if (!options_.drain || !isIdle()) return;
  for (std::uint32_t i = 0; i < brokers_.size(); ++i) {
    if (brokers_[i].open && !brokers_[i].detaching) actions_.count.push_back(i);
  }
}

// Detaches brokers that are no longer configured, once all their tasks are settled or released.
void Core::detachUnconfiguredBrokers() {
  for (std::uint32_t i = 0; i < brokers_.size(); ++i) {
    auto& plan = brokers_[i];
    if (!plan.detaching || plan.detached || !plan.open || !plan.stock.empty() || plan.batch || plan.batchesInFlight > 0)
      continue;
    bool inCells = false;
    slots_.forEachTask([&](const settlement::HeldTask& task) { inCells = inCells || task.broker == i; });
    if (inCells) continue;
    plan.detached = true;
    plan.open = false;
    actions_.detach.push_back(i);
    actions_.log.emplace_back(
        LogLevel::Info, "broker " + options_.brokerNames[i] + ": no longer configured, all tasks settled; closing");
  }
}

// Feeders ask for cancel requests only of tasks that run for longer than 200 ms.
void Core::publishRunningLeases() {
  for (std::uint32_t i = 0; i < brokers_.size(); ++i) actions_.running.push_back({i, slots_.runningLong(i)});
}

}  // namespace leptir::dispatcher
