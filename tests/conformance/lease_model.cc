#include "tests/conformance/lease_model.h"

#include <algorithm>
#include <set>

#include "tests/conformance/conformance.h"

namespace leptir::conformance {
namespace {

constexpr Duration kLease = 60s;
constexpr std::size_t kWholeQueue = 1000, kMaxTasks = 60, kMaxKnown = 40;
// So long before its end a session may count a lease as over.
constexpr Duration kBeforeEnd = 1s;

std::string text(const ExpectedLeases::Tasks& tasks) {
  std::string all;
  for (const auto& [id, counters] : tasks) {
    all += id;
    for (const auto count : {counters.failures, counters.crashes, counters.expiries, counters.unknown})
      all += " " + std::to_string(count);
    all += "\n";
  }
  return all;
}

// In any order, and each once.
std::string text(const std::vector<LeaseId>& leases) {
  std::set<std::uint64_t> numbers;
  for (const auto& lease : leases) numbers.insert(lease.number);
  std::string all;
  for (const auto number : numbers) all += std::to_string(number) + " ";
  return all;
}

std::string difference(const std::string& what, const std::string& wanted, const std::string& answered) {
  return wanted == answered ? "" : what + "\nshould answer: " + wanted + "\nanswered:      " + answered;
}

std::vector<LeaseId> leasesOf(const std::vector<ExpectedLeases::Held>& chosen) {
  std::vector<LeaseId> leases;
  for (const auto& each : chosen) leases.push_back(each.lease);
  return leases;
}

}  // namespace

LeaseModel::LeaseModel(const BackendUnderTest& backend, std::uint64_t seed)
    : random_(seed),
      expected_(kLease, backend.traits.duePrecision),
      store_(backend.open(ClockKind::Manual)),
      broker_(store_->openBroker()) {
  for (int i = 0; i < ExpectedLeases::kSessions; ++i) {
    auto& session = sessions_[static_cast<std::size_t>(i)];
    session.number = i;
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
  session.open = must(session.broker->openSession({session.instance, session.epoch}, {"host", 1, "0.1.0", 2}, kLease));
}

Counters LeaseModel::anyCounters() {
  const auto any = [this] { return static_cast<std::uint32_t>(below(3)); };
  return {any(), any(), any(), any()};
}

std::vector<ExpectedLeases::Held> LeaseModel::choose() {
  auto chosen = known_;
  std::ranges::shuffle(chosen, random_);
  chosen.resize(std::min<std::size_t>(chosen.size(), static_cast<std::size_t>(below(12))));
  return chosen;
}

std::string LeaseModel::push() {
  std::vector<BrokerTask> pushed;
  for (int i = below(6); i >= 0 && expected_.tasks() < kMaxTasks; --i) {
    auto made = task("t" + std::to_string(++pushed_));
    if (below(2) == 0) made.timeOfExecution = now() + std::chrono::milliseconds(below(100'000) - 20'000);
    if (below(3) == 0) made.counters = anyCounters();
    expected_.send(made.id, made.counters, made.timeOfExecution, now());
    pushed.push_back(std::move(made));
  }
  must(broker_->pushBrokerTasks(pushed));
  return {};
}

std::string LeaseModel::pop() {
  auto& session = anySession();
  const auto wanted = expected_.pop(session.number, now());
  ExpectedLeases::Tasks answered;
  for (const auto& each : must(session.open->popBrokerTasks(kWholeQueue, 0s, wake_))) {
    const auto id = idIn(each.envelope);
    answered[id] = each.counters;
    known_.push_back(expected_.note(session.number, id, each, now()));
    if (known_.size() > kMaxKnown) known_.erase(known_.begin());
  }
  return difference("pop", text(wanted), text(answered));
}

std::string LeaseModel::acknowledge() {
  auto& session = anySession();
  const auto chosen = choose();
  const auto wanted = expected_.remove(session.number, chosen, now());
  return difference("acknowledge", text(wanted), text(must(session.open->acknowledge(leasesOf(chosen)))));
}

std::string LeaseModel::release() {
  auto& session = anySession();
  const auto chosen = choose();
  const auto counters = anyCounters();
  std::optional<Time> due;
  if (below(2) == 0) due = now() + std::chrono::milliseconds(below(30'000) - 5'000);
  const auto wanted = expected_.release(session.number, chosen, counters, due, now());
  std::vector<TaskRelease> released;
  for (const auto& each : chosen)
    released.push_back({.lease = each.lease, .counters = counters, .due = due, .envelope = each.envelope});
  return difference("release", text(wanted), text(must(session.open->release(released))));
}

std::string LeaseModel::bury() {
  auto& session = anySession();
  const auto chosen = choose();
  const auto wanted = expected_.remove(session.number, chosen, now());
  std::vector<TaskBurial> buried;
  for (const auto& each : chosen) buried.push_back({each.lease, {}, "why", each.envelope});
  return difference("bury", text(wanted), text(must(session.open->bury(buried))));
}

std::string LeaseModel::renew() {
  auto& session = anySession();
  const auto chosen = choose();
  const auto wanted = expected_.renew(session.number, chosen, now());
  return difference("renew", text(wanted), text(must(session.open->renew(leasesOf(chosen), kLease)).lost));
}

// The sum alone: a task whose lease is over counts as due or as leased.
std::string LeaseModel::count() {
  const auto counts = must(broker_->tasksCount());
  return difference("tasksCount", std::to_string(expected_.tasks()),
                    std::to_string(counts.due + counts.scheduled + counts.leased));
}

// Never to shortly before the end of a lease.
std::string LeaseModel::advance() {
  store_->advance(std::chrono::milliseconds(below(40'000)));
  while (expected_.endsWithin(kBeforeEnd, now())) store_->advance(kBeforeEnd);
  return {};
}

std::string LeaseModel::close() {
  auto& session = anySession();
  must(session.open->close());
  expected_.close(session.number, now());
  open(session);
  return {};
}

std::string LeaseModel::resume() {
  auto& session = anySession();
  session.open = must(session.broker->resumeSession({session.instance, session.epoch}));
  return {};
}

}  // namespace leptir::conformance
