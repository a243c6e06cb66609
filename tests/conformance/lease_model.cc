#include "tests/conformance/lease_model.h"

#include <algorithm>
#include <set>

#include "base/saturated.h"
#include "leptir/spi/simple_broker.h"
#include "tests/conformance/conformance.h"

namespace leptir::conformance {
namespace {

constexpr std::size_t kAll = 1000;
constexpr int kMostTasks = 60;
constexpr std::size_t kMostKnown = 40;
// So long before its end a session may count a lease as over.
constexpr Duration kBeforeEnd = 1s;

using Named = std::set<std::uint64_t>;

std::string text(const Counters& counters) {
  return std::to_string(counters.failures) + "/" + std::to_string(counters.crashes) + "/" +
         std::to_string(counters.expiries) + "/" + std::to_string(counters.unknown);
}

std::string text(const std::map<std::string, Counters>& tasks) {
  std::string all;
  for (const auto& [id, counters] : tasks) all += id + " " + text(counters) + "\n";
  return all;
}

std::string text(const Named& numbers) {
  std::string all;
  for (const auto number : numbers) all += std::to_string(number) + " ";
  return all;
}

Named numbersOf(const std::vector<LeaseId>& leases) {
  Named numbers;
  for (const auto& lease : leases) numbers.insert(lease.number);
  return numbers;
}

std::string difference(const std::string& what, const std::string& wanted, const std::string& answered) {
  return wanted == answered ? "" : what + "\nshould answer: " + wanted + "\nanswered:      " + answered;
}

std::string difference(const std::string& what, const std::vector<LeaseId>& wanted,
                       const Result<std::vector<LeaseId>>& answered) {
  return difference(what, text(numbersOf(wanted)), text(numbersOf(must(answered))));
}

}  // namespace

LeaseModel::LeaseModel(const BackendUnderTest& backend, std::uint64_t seed)
    : random_(seed),
      step_(backend.traits.duePrecision),
      store_(backend.open(ClockKind::Manual)),
      broker_(store_->openBroker()) {
  for (int i = 0; i < kSessions; ++i) {
    auto& session = sessions_[static_cast<std::size_t>(i)];
    session.instance = std::string(32, static_cast<char>('a' + i));
    session.broker = store_->openBroker();
    store_->startInstance(session.instance);
    open(session);
  }
}

std::string LeaseModel::step() {
  static const std::vector<std::pair<int, std::string (LeaseModel::*)()>> operations{
      // the weight of each
      {20, &LeaseModel::push}, {25, &LeaseModel::pop},   {15, &LeaseModel::acknowledge}, {15, &LeaseModel::release},
      {5, &LeaseModel::bury},  {10, &LeaseModel::renew}, {5, &LeaseModel::count},        {20, &LeaseModel::advance},
      {3, &LeaseModel::close}, {3, &LeaseModel::resume}};
  int sum = 0;
  for (const auto& [often, operation] : operations) sum += often;
  int left = below(sum);
  for (const auto& [often, operation] : operations) {
    left -= often;
    if (left < 0) return (this->*operation)();
  }
  return {};
}

void LeaseModel::open(Session& session) {
  ++session.epoch;
  session.held.clear();
  session.open = must(session.broker->openSession({session.instance, session.epoch}, {"host", 1, "0.1.0", 2}, kLease));
}

// When a task with this due time, which is not over, can be leased.
Time LeaseModel::inWholeSteps(Time due) const {
  const auto wait = std::max(due - now(), Duration::zero());
  return now() + (wait + step_ - Duration(1)) / step_ * step_;
}

Counters LeaseModel::anyCounters() {
  const auto any = [this] { return static_cast<std::uint32_t>(below(3)); };
  return {any(), any(), any(), any()};
}

std::vector<LeaseModel::Held> LeaseModel::choose() {
  auto chosen = known_;
  std::ranges::shuffle(chosen, random_);
  chosen.resize(std::min<std::size_t>(chosen.size(), static_cast<std::size_t>(below(12))));
  return chosen;
}

bool LeaseModel::isOurs(const Session& session, const Held& chosen) const {
  const auto held = session.held.find(chosen.lease.number);
  return held != session.held.end() && held->second.lease == chosen.lease && held->second.ends > now();
}

std::vector<LeaseId> LeaseModel::notOurs(const Session& session, const std::vector<Held>& chosen) const {
  std::vector<LeaseId> leases;
  for (const auto& each : chosen)
    if (!isOurs(session, each)) leases.push_back(each.lease);
  return leases;
}

void LeaseModel::remember(Session& session, Held held) {
  known_.push_back(held);
  if (known_.size() > kMostKnown) known_.erase(known_.begin());
  session.held[held.lease.number] = std::move(held);
}

void LeaseModel::send(const std::string& id, const Counters& counters, Time visibleAt) {
  tasks_[id] = {.counters = counters, .message = ++sent_, .visibleAt = visibleAt};
}

void LeaseModel::remove(Session& session, const Held& held) {
  tasks_.erase(held.id);
  session.held.erase(held.lease.number);
}

std::string LeaseModel::push() {
  std::vector<BrokerTask> pushed;
  for (int i = below(6); i >= 0 && static_cast<int>(tasks_.size()) < kMostTasks; --i) {
    auto made = task("t" + std::to_string(++pushed_));
    if (below(2) == 0) made.timeOfExecution = now() + std::chrono::milliseconds(below(100'000) - 20'000);
    if (below(3) == 0) made.counters = anyCounters();
    send(made.id, made.counters, inWholeSteps(made.timeOfExecution.value_or(now())));
    pushed.push_back(std::move(made));
  }
  must(broker_->pushBrokerTasks(pushed));
  return {};
}

// A session that still counts a lease of the message as its own goes on with it, and gets no second one.
std::optional<Counters> LeaseModel::receive(Session& session, const std::string& id, Task& task) {
  ++task.receives;
  task.visibleAt = now() + kLease;
  for (auto& [number, held] : session.held) {
    if (held.message != task.message) continue;
    held.ends = now() + kLease;
    return {};
  }
  auto counters = task.counters;
  counters.expiries = base::saturatedAdd(counters.expiries, task.receives - 1);
  const auto delay = task.receives > 1 ? delayAfterExpiry(counters.expiries) : Duration::zero();
  if (delay == Duration::zero()) return counters;
  send(id, counters, inWholeSteps(now() + delay));
  return {};
}

std::map<std::string, Counters> LeaseModel::leaseAll(Session& session) {
  std::map<std::string, Counters> leased;
  const auto time = now();
  for (auto& [id, task] : tasks_) {
    if (task.visibleAt > time) continue;
    if (const auto counters = receive(session, id, task)) leased[id] = *counters;
  }
  return leased;
}

std::string LeaseModel::pop() {
  auto& session = anySession();
  const auto wanted = leaseAll(session);
  std::map<std::string, Counters> answered;
  for (const auto& each : must(session.open->popBrokerTasks(kAll, 0s, wake_))) {
    const auto id = idIn(each.envelope);
    answered[id] = each.counters;
    remember(session, {.lease = each.lease,
                       .id = id,
                       .envelope = each.envelope,
                       .counters = each.counters,
                       .message = tasks_[id].message,
                       .ends = now() + kLease});
  }
  return difference("pop", text(wanted), text(answered));
}

std::string LeaseModel::acknowledge() {
  auto& session = anySession();
  const auto chosen = choose();
  const auto wanted = notOurs(session, chosen);
  std::vector<LeaseId> leases;
  for (const auto& each : chosen) {
    leases.push_back(each.lease);
    if (isOurs(session, each)) remove(session, each);
  }
  return difference("acknowledge", wanted, session.open->acknowledge(leases));
}

std::string LeaseModel::release() {
  auto& session = anySession();
  const auto chosen = choose();
  const auto wanted = notOurs(session, chosen);
  const auto counters = anyCounters();
  std::optional<Time> due;
  if (below(2) == 0) due = now() + std::chrono::milliseconds(below(30'000) - 5'000);
  std::vector<TaskRelease> released;
  for (const auto& each : chosen) {
    released.push_back({.lease = each.lease, .counters = counters, .due = due, .envelope = each.envelope});
    if (!isOurs(session, each)) continue;
    remove(session, each);
    send(each.id, counters, inWholeSteps(due.value_or(now())));
  }
  return difference("release", wanted, session.open->release(released));
}

std::string LeaseModel::bury() {
  auto& session = anySession();
  const auto chosen = choose();
  const auto wanted = notOurs(session, chosen);
  std::vector<TaskBurial> buried;
  for (const auto& each : chosen) {
    buried.push_back({each.lease, {}, "why", each.envelope});
    if (isOurs(session, each)) remove(session, each);
  }
  return difference("bury", wanted, session.open->bury(buried));
}

std::string LeaseModel::renew() {
  auto& session = anySession();
  const auto chosen = choose();
  auto wanted = notOurs(session, chosen);
  for (auto held = session.held.begin(); held != session.held.end();) {
    if (held->second.ends <= now()) {
      wanted.push_back(held->second.lease);
      held = session.held.erase(held);
    } else {
      held->second.ends = tasks_.at(held->second.id).visibleAt = now() + kLease;
      ++held;
    }
  }
  std::vector<LeaseId> leases;
  for (const auto& each : chosen) leases.push_back(each.lease);
  const auto renewal = must(session.open->renew(leases, kLease));
  return difference("renew", text(numbersOf(wanted)), text(numbersOf(renewal.lost)));
}

// The sum alone: a task whose lease is over counts as due or as leased.
std::string LeaseModel::count() {
  const auto counts = must(broker_->tasksCount());
  return difference("tasksCount", std::to_string(tasks_.size()),
                    std::to_string(counts.due + counts.scheduled + counts.leased));
}

std::string LeaseModel::advance() {
  store_->advance(std::chrono::milliseconds(below(40'000)));
  avoidEndsOfLeases();
  return {};
}

void LeaseModel::avoidEndsOfLeases() {
  const auto endsSoon = [this](const Session& session) {
    return std::ranges::any_of(session.held, [this](const auto& held) {
      return held.second.ends > now() && held.second.ends <= now() + kBeforeEnd;
    });
  };
  while (std::ranges::any_of(sessions_, endsSoon)) store_->advance(kBeforeEnd);
}

std::string LeaseModel::close() {
  auto& session = anySession();
  must(session.open->close());
  for (const auto& [number, held] : session.held)
    if (held.ends > now()) send(held.id, held.counters, now());
  open(session);
  return {};
}

std::string LeaseModel::resume() {
  auto& session = anySession();
  session.open = must(session.broker->resumeSession({session.instance, session.epoch}));
  return {};
}

}  // namespace leptir::conformance
