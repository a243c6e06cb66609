// The core on what it hands to workers, and how much it asks its brokers for.
#include "dispatcher/core.h"

#include <algorithm>
#include <utility>

#include "base/saturated.h"

namespace leptir {

using namespace std::chrono_literals;

namespace {

// A leased task that finds no worker for this long goes back, so that another instance can run it.
constexpr Duration kStockPatience = 500ms;
// Brokers take turns this long while tasks are leased one at a time; in the second half nothing is asked for, so that
// who asked last has its answer.
constexpr Duration kTurn = 2s;
// More tasks than this are never asked for at once.
constexpr std::size_t kMostRoom = 4096;

}  // namespace

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
  if (task.head.timeLimitSeconds > 0) return durationFromWholeSeconds(task.head.timeLimitSeconds);
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

}  // namespace leptir
