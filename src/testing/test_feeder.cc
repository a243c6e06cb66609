#include "testing/test_feeder.h"

#include <utility>

#include "base/host_name.h"
#include "base/task_id.h"
#include "leptir/spi/wake.h"
#include "settlement/record_history.h"

namespace leptir::testing {
namespace {

// The session lasts as long as its queue: no other instance is there to claim it.
constexpr Duration kLease = std::chrono::seconds(60);

}  // namespace

TestFeeder::TestFeeder(TestQueue& queue, MetaStorage& records)
    : queue_(queue), records_(records), broker_(queue.open()) {
  const SessionId id{.instance = base::makeInstanceName(), .epoch = 1};
  session_ = broker_->openSession(id, {.host = base::hostName(), .workers = 1}, kLease).value();
  sessionNumber_ = queue_.queue->resume(id).value();
}

Result<std::optional<LeasedTask>> TestFeeder::lease() {
  if (mayHoldUnknownLeases_) {
    if (auto done = giveBackUnknownLeases(); !done) return done.error();
  }
  Wake unused;
  auto leased = session_->popBrokerTasks(1, Duration::zero(), unused);
  mayHoldUnknownLeases_ = !leased;
  if (!leased) return leased.error();
  if (leased->empty()) return std::optional<LeasedTask>();
  return std::optional(std::move(leased->front()));
}

std::string TestFeeder::cancelledBy(const LeaseId& lease) const {
  const auto renewed = queue_.queue->renew(sessionNumber_, {&lease, 1}, kLease);
  return renewed && !renewed->cancelled.empty() ? renewed->cancelled.front().by : std::string();
}

void TestFeeder::addSettlement(const settlement::HeldTask& task, std::string envelope,
                               settlement::Settlement settlement, Time now) {
  auto& unsettled = pending_.emplace_back(std::move(envelope));
  unsettled.operations.add(task, settlement, unsettled.envelope, now);
}

Result<void> TestFeeder::settlePending() {
  while (!pending_.empty()) {
    if (auto done = save(pending_.front()); !done) return done;
    if (auto done = settleLease(pending_.front()); !done) return done.error().in("broker " + queue_.name);
    pending_.pop_front();
  }
  return {};
}

Result<void> TestFeeder::save(const PendingSettlement& unsettled) {
  for (const auto& record : unsettled.operations.records) {
    if (auto saved = settlement::saveEverywhere(records_, record); !saved) return saved;
  }
  return {};
}

// Each step can be repeated: for a lease that is settled already the store answers "not ours".
Result<void> TestFeeder::settleLease(const PendingSettlement& unsettled) {
  const auto& operations = unsettled.operations;
  if (!operations.acknowledge.empty()) {
    if (auto done = session_->acknowledge(operations.acknowledge); !done) return done.error();
  }
  if (!operations.release.empty()) {
    if (auto done = session_->release(operations.release); !done) return done.error();
  }
  if (!operations.bury.empty()) {
    if (auto done = session_->bury(operations.bury); !done) return done.error();
  }
  return {};
}

// When it is called, nothing is left to settle, so that every lease which the store knows is unknown here.
Result<void> TestFeeder::giveBackUnknownLeases() {
  const auto held = session_->heldTasks();
  if (!held) return held.error();
  std::vector<TaskRelease> releases;
  for (const auto& task : *held) {
    releases.push_back({.lease = task.lease, .counters = task.counters, .envelope = task.envelope});
  }
  if (auto released = session_->release(releases); !released) return released.error();
  return {};
}

std::optional<Time> TestFeeder::nextDue(Time now) const {
  if (hasPending()) return now;
  if (queue_.queue->listWaiting().empty()) return std::nullopt;
  return now + queue_.queue->untilNextDue(sessionNumber_, Duration::max());
}

}  // namespace leptir::testing
