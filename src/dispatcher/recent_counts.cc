#include "dispatcher/recent_counts.h"

#include <algorithm>

namespace leptir::dispatcher {

void RecentCounts::add(std::size_t broker, std::uint64_t done, std::uint64_t failed, BootTime now) {
  auto& buckets = brokers_.at(broker);
  const auto number = bucketNumberAt(now);
  if (buckets.empty() || buckets.back().number != number) buckets.push_back({.number = number});
  buckets.back().done += done;
  buckets.back().failed += failed;
  while (buckets.front().number < number - kWholeBuckets) buckets.pop_front();
}

RecentCounts::Counts RecentCounts::of(std::size_t broker, BootTime now) const {
  const auto first = std::max<std::int64_t>(bucketNumberAt(now) - kWholeBuckets, 0);
  Counts counts{.within = now - (start_ + first * kBucketDuration)};
  for (const auto& bucket : brokers_.at(broker)) {
    if (bucket.number < first) continue;
    counts.done += bucket.done;
    counts.failed += bucket.failed;
  }
  return counts;
}

}  // namespace leptir::dispatcher
