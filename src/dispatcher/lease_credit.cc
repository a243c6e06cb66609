#include "dispatcher/lease_credit.h"

#include <algorithm>

namespace leptir::dispatcher {
namespace {

// While tasks are leased one at a time, each broker has a turn of this length. In the second half of a turn no broker
// may lease, so that the reply to the last lease arrives before the next turn.
constexpr Duration kSingleLeaseTurn = std::chrono::seconds(2);
// The largest lease credit.
constexpr std::size_t kMaxLeaseCredit = 4096;

}  // namespace

void LeaseCredit::publish(Step& step) const {
  step.now.boot < singleLeasesUntil_ ? publishSingle(step) : publishShared(step);
}

void LeaseCredit::publishShared(Step& step) const {
  const auto credit = step.isStopping() ? 0 : std::min(uses_.slots.credit(), kMaxLeaseCredit);
  for (std::uint32_t broker = 0; broker < uses_.sessions.count(); ++broker) {
    step.actions.leaseCredits.push_back({.broker = broker,
                                         .tasks = sharedCreditOf(broker, credit),
                                         .knownDeliveredTasks = uses_.stock.deliveredTasks(broker)});
  }
}

std::size_t LeaseCredit::sharedCreditOf(std::uint32_t broker, std::size_t credit) const {
  const auto stocked = std::min(credit, uses_.stock.size(broker));
  if (!uses_.sessions.mayLease(broker) || stocked == credit) return 0;
  return std::max(credit - stocked, uses_.limitedNames.extraCredit(broker));
}

// Credit for one task at a time, and only when a worker is free and no other lease of the broker is in flight. A task
// that crashes the dispatcher is then the only held task of its broker that stands in no cell.
void LeaseCredit::publishSingle(Step& step) const {
  const bool mayLease = !step.isStopping() && uses_.stock.isEmpty() && uses_.slots.hasIdleSlot();
  const auto turn = mayLease ? brokersTurn(step.now.boot) : std::nullopt;
  for (std::uint32_t broker = 0; broker < uses_.sessions.count(); ++broker) {
    step.actions.leaseCredits.push_back({.broker = broker,
                                         .tasks = turn == broker && mayLeaseAlone(broker) ? 1u : 0u,
                                         .knownDeliveredTasks = uses_.stock.deliveredTasks(broker),
                                         .isSingleLease = true});
  }
}

bool LeaseCredit::mayLeaseAlone(std::uint32_t broker) const {
  return uses_.sessions.mayLease(broker) && uses_.charges.isCompared(broker) && uses_.batches.isEmpty(broker);
}

std::optional<std::uint32_t> LeaseCredit::brokersTurn(BootTime now) const {
  const auto& brokers = uses_.sessions.byPriority();
  if (brokers.empty()) return std::nullopt;
  if (brokers.size() == 1) return brokers.front();
  const auto since = now.time_since_epoch();
  if (since % kSingleLeaseTurn >= kSingleLeaseTurn / 2) return std::nullopt;
  return brokers[static_cast<std::size_t>(since / kSingleLeaseTurn) % brokers.size()];
}

}  // namespace leptir::dispatcher
