#include "dispatcher/recent_counts.h"

#include <algorithm>

namespace leptir::dispatcher {

void RecentCounts::add(std::size_t broker, std::uint64_t done, std::uint64_t failed, BootTime now) {
  auto& steps = brokers_.at(broker);
  const auto number = stepAt(now);
  if (steps.empty() || steps.back().number != number) steps.push_back({.number = number});
  steps.back().done += done;
  steps.back().failed += failed;
  while (steps.front().number < number - kSteps) steps.pop_front();
}

RecentCounts::Counts RecentCounts::of(std::size_t broker, BootTime now) const {
  const auto first = std::max<std::int64_t>(stepAt(now) - kSteps, 0);
  Counts counts{.within = now - (start_ + first * kStep)};
  for (const auto& step : brokers_.at(broker)) {
    if (step.number < first) continue;
    counts.done += step.done;
    counts.failed += step.failed;
  }
  return counts;
}

}  // namespace leptir::dispatcher
