#include "dispatcher/limited_names.h"

#include <algorithm>
#include <utility>

#include "settlement/settlement.h"

namespace leptir::dispatcher {

using settlement::HeldTask;
using settlement::Settlement;

namespace {

using namespace std::chrono_literals;

// The most tasks of one name and broker that stand aside, so that the next one begins as soon as one ends.
constexpr std::size_t kMaxAside = 64;
// What stands aside for longer goes back into the queue, so that other instances can run it.
constexpr Duration kAsidePatience = 500ms;
// As many tasks are asked for as begin within this time: a store needs a few milliseconds to deliver them.
constexpr Duration kAskAhead = 100ms;
// How long a store leaves a task to other sessions, unless this session asks for it before; or if it cannot ask.
constexpr Duration kLeaveFor = 30s, kLeaveForWithoutAsking = 1s;
// The most tasks of a broker that wait in its store in their places, since each lease has to pass over them. A further
// task is put behind: due after this time, and at most so many of them in a second, so that a long queue of one name
// costs few operations.
constexpr std::size_t kMaxLeft = 2'000;
constexpr Duration kMinBehindDelay = 1s, kMaxBehindDelay = 1h, kBehindInterval = 1ms;
// A paused name may have a long queue for hours. Its tasks that lose their places come again half a minute later, and
// at most so many of all in a second (kBehindInterval). Where this session cannot ask for the others, they come
// after kLeavePausedWithoutAsking.
constexpr Duration kMinPausedBehindDelay = 30s, kLeavePausedWithoutAsking = 10s;
// The largest extra lease credit.
constexpr std::size_t kMaxExtraCredit = 512;

}  // namespace

LimitedNames::LimitedNames(BootTime singleLeasesUntil, Uses uses)
    : singleLeasesUntil_(singleLeasesUntil),
      uses_(uses),
      brokers_(uses.sessions.count()),
      rates_(uses.knownTasks.limitedNameCount()) {
  for (auto& broker : brokers_) broker.left.resize(rates_.size());
}

// --- what comes in

bool LimitedNames::admit(HeldTask& task) {
  if (task.limitedName == 0) return !isPaused(task);
  const auto mayBegin = isBelowLimit(task) && !isPaused(task) ? LeftTasks::MayBegin::Yes : LeftTasks::MayBegin::No;
  const auto arrival = leftTasksOf(task).noteLeased(task.head.id, mayBegin);
  task.limitedOrder = arrival.order;
  return arrival.turn == LeftTasks::Turn::Now && !isPaused(task);
}

void LimitedNames::giveBack(StockedTask&& stocked, Step& step) {
  const auto& task = stocked.task;
  ++brokers_[task.broker].givenBack;
  auto settlement = settlementOfGivenBack(task, step);
  if (settlement.kind == Settlement::Kind::LeaveToOthers)
    leftTasksOf(task).add(task.limitedOrder, task.head.id, task.lease);
  uses_.batches.add(std::move(stocked), std::move(settlement), step);
}

Settlement LimitedNames::settlementOfGivenBack(const HeldTask& task, Step& step) {
  auto& broker = brokers_[task.broker];
  const bool paused = isPausedHere(task.broker, task.limitedName);
  Settlement settlement{.kind = Settlement::Kind::LeaveToOthers, .counters = task.counters};
  settlement.delay = broker.leasesAgain ? kLeaveFor : paused ? kLeavePausedWithoutAsking : kLeaveForWithoutAsking;
  if (!task.head.id.empty() && countLeft(task.broker, task.limitedName) < kMaxLeft) return settlement;
  const auto due = paused ? dueBehind(broker.lastPausedBehind, kMinPausedBehindDelay, step.now.wall)
                          : dueBehind(broker.lastPutBehind, kMinBehindDelay, step.now.wall);
  settlement.kind = Settlement::Kind::Release;
  settlement.delay = due - step.now.wall;
  return settlement;
}

// Tasks that are put behind keep their order.
Time LimitedNames::dueBehind(Time& last, Duration atLeast, Time now) {
  last = std::clamp(last + kBehindInterval, now + atLeast, now + kMaxBehindDelay);
  return last;
}

// A delivery that was given back as a whole doubles the credit, so that a long row of tasks of limited names is soon
// passed over.
void LimitedNames::noteDelivery(std::uint32_t number, bool nothingMoreDue) {
  if (!isUsed()) return;
  auto& broker = brokers_[number];
  const auto givenBack = std::exchange(broker.givenBack, 0);
  broker.extraCredit = nothingMoreDue ? 0 : std::min(2 * givenBack, kMaxExtraCredit);
  for (auto& left : broker.left) left.noteDelivery(nothingMoreDue);
}

void LimitedNames::noteOpened(const event::BrokerOpened& opened, bool isNewEpoch) {
  auto& broker = brokers_[opened.broker];
  broker.leasesAgain = opened.leasesAgain;
  if (!isNewEpoch) return;
  for (auto& left : broker.left) left.clear();
}

void LimitedNames::noteSettled(std::uint64_t batch) {
  for (auto& broker : brokers_) {
    for (auto& left : broker.left) left.noteAsked(batch);
  }
}

// --- paused names

bool LimitedNames::setPaused(std::uint32_t broker, const std::vector<std::string>& names, Step& step) {
  std::map<std::string, std::uint32_t, std::less<>> paused;
  for (const auto& name : names) paused.emplace(name, findOrAddNumber(name));
  const auto before = std::exchange(brokers_[broker].paused, std::move(paused));
  const auto& after = brokers_[broker].paused;
  for (const auto& [name, number] : before) {
    if (!after.contains(name)) resume(broker, number, step);
  }
  return std::ranges::any_of(after, [&](const auto& name) { return !before.contains(name.first); });
}

std::uint32_t LimitedNames::findOrAddNumber(const std::string& name) {
  if (const auto limited = uses_.knownTasks.limitedNameNumber(name)) return limited;
  const auto next = static_cast<std::uint32_t>(rates_.size() + pausedNames_.size()) + 1;
  const auto [known, isNew] = pausedNames_.emplace(name, next);
  if (isNew) {
    for (auto& broker : brokers_) broker.left.resize(next);
  }
  return known->second;
}

// The tasks of a name with `max_running` are asked for as others end (askForMore).
void LimitedNames::resume(std::uint32_t broker, std::uint32_t limitedName, Step& step) {
  auto& left = brokers_[broker].left[limitedName - 1];
  if (limitedName <= rates_.size() || left.empty()) return;
  auto leases = left.takeAll();
  if (brokers_[broker].leasesAgain)
    uses_.batches.leaseAgain(broker, [&](std::uint64_t) { return std::move(leases); }, step);
}

bool LimitedNames::isPausedHere(std::uint32_t broker, std::uint32_t limitedName) const {
  return std::ranges::any_of(brokers_[broker].paused, [&](const auto& name) { return name.second == limitedName; });
}

bool LimitedNames::isPaused(HeldTask& task) {
  const auto& names = brokers_[task.broker].paused;
  if (names.empty()) return false;
  const auto paused = names.find(task.head.name);
  if (paused == names.end()) return false;
  if (task.limitedName == 0) {
    task.limitedName = paused->second;
    task.limitedOrder = leftTasksOf(task).noteLeased(task.head.id).order;
  }
  return true;
}

void LimitedNames::giveBackPaused(std::uint32_t broker, Step& step) {
  uses_.stock.takeIf(broker, [&](StockedTask& stocked) {
    if (!isPaused(stocked.task)) return false;
    giveBack(std::move(stocked), step);
    return true;
  });
}

// --- what may begin

std::size_t LimitedNames::countStartable(std::uint32_t limitedName) const {
  const auto most = uses_.knownTasks.maxRunning(limitedName);
  return most - std::min(most, uses_.slots.running(limitedName));
}

bool LimitedNames::isBelowLimit(const HeldTask& task) const {
  return task.limitedName == 0 || countStartable(task.limitedName) > 0;
}

void LimitedNames::noteAssigned(const HeldTask& task) {
  if (task.limitedName != 0) rates_[task.limitedName - 1].noteStart();
}

void LimitedNames::setAside(StockedTask&& stocked, Step& step) {
  const auto& task = stocked.task;
  const bool isAlone = step.now.boot < singleLeasesUntil_;
  if (isAlone || uses_.stock.countAside(task.broker, task.limitedName) >= kMaxAside) {
    giveBack(std::move(stocked), step);
  } else {
    uses_.stock.setAside(std::move(stocked));
  }
}

void LimitedNames::putBackAside() {
  for (std::uint32_t name = 1; name <= rates_.size(); ++name) putBackAside(name);
}

void LimitedNames::putBackAside(std::uint32_t limitedName) {
  auto left = countStartable(limitedName);
  for (const auto broker : uses_.sessions.byPriority()) {
    if (left == 0) return;
    auto taken = uses_.stock.takeFromAside(broker, [&](const StockedTask& stocked) {
      if (stocked.task.limitedName != limitedName || left == 0) return false;
      --left;
      return true;
    });
    for (auto task = taken.rbegin(); task != taken.rend(); ++task) uses_.stock.addFirst(std::move(*task));
  }
}

void LimitedNames::giveBackOld(Step& step) {
  if (!isUsed()) return;
  for (auto& rate : rates_) rate.note(step.now.boot);
  for (std::uint32_t broker = 0; broker < brokers_.size(); ++broker) {
    const auto isOld = [&](const StockedTask& stocked) { return step.now.boot - stocked.since > kAsidePatience; };
    for (auto& stocked : uses_.stock.takeFromAside(broker, isOld)) giveBack(std::move(stocked), step);
  }
}

// --- leasing again the tasks that were left to others

// Only where a lease is possible now: a task that was asked for and does not arrive counts as gone.
void LimitedNames::askForMore(Step& step) {
  if (rates_.empty()) return;
  for (const auto broker : uses_.sessions.byPriority()) {
    if (!uses_.sessions.mayLease(broker) || !brokers_[broker].leasesAgain) continue;
    if (uses_.slots.credit() <= uses_.stock.size(broker)) continue;
    for (std::uint32_t name = 1; name <= rates_.size(); ++name) askForMore(broker, name, step);
  }
}

void LimitedNames::askForMore(std::uint32_t broker, std::uint32_t limitedName, Step& step) {
  auto& left = brokers_[broker].left[limitedName - 1];
  if (left.size() == left.asked() || isPausedHere(broker, limitedName)) return;
  const auto wanted = countStartable(limitedName) + std::min(rates_[limitedName - 1].within(kAskAhead), kMaxAside);
  const auto expected = left.asked() + uses_.stock.countAside(broker, limitedName);
  if (wanted <= expected) return;
  uses_.batches.leaseAgain(broker, [&](std::uint64_t batch) { return left.askFor(wanted - expected, batch); }, step);
}

LeftTasks& LimitedNames::leftTasksOf(const HeldTask& task) {
  return brokers_[task.broker].left[task.limitedName - 1];
}

// Of all names with `max_running`, or of all others that are paused, so that neither takes the places of the other.
std::size_t LimitedNames::countLeft(std::uint32_t broker, std::uint32_t limitedName) const {
  const auto& left = brokers_[broker].left;
  const auto firstWithoutLimit = left.begin() + static_cast<std::ptrdiff_t>(rates_.size());
  const bool hasLimit = limitedName <= rates_.size();
  const auto first = hasLimit ? left.begin() : firstWithoutLimit, last = hasLimit ? firstWithoutLimit : left.end();
  std::size_t sum = 0;
  for (auto name = first; name != last; ++name) sum += name->size();
  return sum;
}

}  // namespace leptir::dispatcher
