#include "leptir/spi/simple_broker.h"

#include <chrono>
#include <utility>
#include <vector>

namespace leptir {
Result<void> SimpleBroker::pushBrokerTasks(std::span<const BrokerTask> tasks) {
  std::vector<EncodedTask> encoded;
  encoded.reserve(tasks.size());
  for (const auto& task : tasks) {
    auto made = EncodedTask::encode(task);
    if (!made) return made.error();
    encoded.push_back(std::move(*made));
  }
  return pushEncodedTasks(encoded);
}

Result<AcknowledgedAndPopped> BrokerSession::acknowledgeAndPop(std::span<const LeaseId> leases, std::size_t limit,
                                                               Wake& wake) {
  auto notOurs = acknowledge(leases);
  if (!notOurs) return notOurs.error();
  auto tasks = popBrokerTasks(limit, Duration::zero(), wake);
  if (!tasks) return tasks.error();
  return AcknowledgedAndPopped{std::move(*notOurs), std::move(*tasks)};
}

Result<void> BrokerSession::giveBackUnused() {
  return {};
}

void BrokerSession::waitWithoutLeasing(Duration longest, Wake& wake) {
  wake.waitFor(longest);
}

void BrokerSession::reduceRequests(Duration) {}

Result<void> BrokerSession::leaseAgain(std::span<const LeaseId>) {
  return {};
}

Duration delayAfterExpiry(std::uint32_t expiries) {
  if (expiries <= 1 || expiries >= kMaxExpiries) return Duration::zero();
  return std::chrono::seconds(5) * (1 << (expiries - 2));
}

}  // namespace leptir
