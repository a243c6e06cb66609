// How many tasks of each broker ended in the last minute, for the card of the instance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "leptir/clock.h"

namespace leptir::dispatcher {

// Used by the main thread of the dispatcher. Exact: it counts in steps of 5 s, and tells of which time the numbers are.
class RecentCounts {
 public:
  struct Counts {
    std::uint64_t done = 0, failed = 0;  // the failed ones are done, too
    Duration within{};                   // the last so long: at most 65 s; less after a start
  };

  RecentCounts(std::size_t brokers, BootTime start) : start_(start), brokers_(brokers) {}

  void add(std::size_t broker, std::uint64_t done, std::uint64_t failed, BootTime now);
  Counts of(std::size_t broker, BootTime now) const;

 private:
  static constexpr Duration kBucketDuration = std::chrono::seconds(5);
  static constexpr std::int64_t kWholeBuckets = 12;  // whole ones before the current one

  struct Bucket {
    std::int64_t number = 0;  // buckets since the start
    std::uint64_t done = 0, failed = 0;
  };
  std::int64_t bucketNumberAt(BootTime now) const { return (now - start_) / kBucketDuration; }

  const BootTime start_;
  std::vector<std::deque<Bucket>> brokers_;
};

}  // namespace leptir::dispatcher
