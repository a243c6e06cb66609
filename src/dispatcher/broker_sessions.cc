#include "dispatcher/broker_sessions.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "base/limits.h"

namespace leptir::dispatcher {

BrokerSessions::BrokerSessions(const std::vector<BrokerSettings>& settings)
    : settings_(settings), sessions_(settings.size()) {
  assert(settings.size() <= base::kMaxBrokers);
  for (std::uint32_t broker = 0; broker < count(); ++broker) {
    if (!isDetaching(broker)) byPriority_.push_back(broker);
  }
  std::ranges::stable_sort(byPriority_, {}, [&](std::uint32_t broker) { return settings_[broker].priority; });
}

bool BrokerSessions::open(std::uint32_t broker, std::uint64_t epoch, const StoreLimits& limits) {
  sessions_[broker].isOpen = true;
  sessions_[broker].limits = limits;
  return std::exchange(sessions_[broker].epoch, epoch) != epoch;
}

bool BrokerSessions::isTooLong(std::uint32_t broker, Duration timeLimit) const {
  const auto longest = longestTimeLimit(broker);
  return longest != Duration::zero() && (timeLimit == Duration::zero() || timeLimit > longest);
}

bool BrokerSessions::isOfOldEpoch(const settlement::HeldTask& task) const {
  return epochOf(task.broker) != 0 && epochOf(task.broker) != task.epoch;
}

void BrokerSessions::detach(std::uint32_t broker, Step& step) {
  close(broker);
  sessions_[broker].isDetached = true;
  step.actions.brokersToDetach.push_back(broker);
  step.log(LogLevel::Info, "broker " + nameOf(broker) + ": no longer configured, all tasks settled; closing");
}

std::uint64_t BrokerSessions::maskWithoutSession() const {
  static_assert(base::kMaxBrokers <= std::numeric_limits<std::uint64_t>::digits);
  std::uint64_t bits = 0;
  for (std::uint32_t broker = 0; broker < count(); ++broker) {
    if (!isOpen(broker) && !isDetaching(broker)) bits |= std::uint64_t{1} << broker;
  }
  return bits;
}

}  // namespace leptir::dispatcher
