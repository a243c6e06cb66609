#include "dispatcher/store_needs.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration_text.h"

namespace leptir::dispatcher {
namespace {

constexpr Duration kLeaseMarginAroundRun = std::chrono::minutes(5);

bool isLonger(Duration limit, Duration than) {
  return than != Duration::zero() && (limit == Duration::zero() || limit > than);
}

}  // namespace

StoreNeeds storeNeeds(Duration defaultTimeLimit, const TaskRulesByName& rules, bool hasStorages) {
  StoreNeeds needs{.longestTimeLimit = defaultTimeLimit, .hasStorages = hasStorages};
  for (const auto& [name, rule] : rules) {
    if (!rule.timeLimit || !isLonger(*rule.timeLimit, needs.longestTimeLimit)) continue;
    needs.longestTimeLimit = *rule.timeLimit;
    needs.longestTimeLimitSource = fmt::format("time_limit of the task '{}'", name);
  }
  return needs;
}

Duration longestTimeLimit(const BrokerTraits& traits) {
  return traits.longestLease - std::min(traits.longestLease, kLeaseMarginAroundRun);
}

Result<void> checkNeeds(const StoreNeeds& needs, const BrokerTraits& traits) {
  const auto longest = longestTimeLimit(traits);
  if (isLonger(needs.longestTimeLimit, longest)) {
    return Error(
        ErrorCode::Invalid,
        fmt::format(
            "a lease of this store lasts {} at most, so that no task can run for longer than {}; set {} "
            "to {:.0f} or less (now: {})",
            base::durationText(traits.longestLease), base::durationText(longest), needs.longestTimeLimitSource,
            std::chrono::duration<double>(longest).count(),
            needs.longestTimeLimit == Duration::zero() ? "no limit" : base::durationText(needs.longestTimeLimit)));
  }
  if (!traits.keepsBuried && !needs.hasStorages) {
    return Error(ErrorCode::Invalid,
                 "this store keeps no buried tasks, and no meta storage is configured that would keep them in their "
                 "records: add a meta_storage");
  }
  return {};
}

}  // namespace leptir::dispatcher
