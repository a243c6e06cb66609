// Step sizes for a search through a whole queue with ZSCAN (scan_queue.lua) or through a session with HSCAN.
#pragma once

#include <algorithm>
#include <cstdint>

namespace leptir::redis {

// How many buckets of the server's hash table a scan of `members` members visits at most. The table has up to ten
// buckets for each member, or twenty while it is resized; a scan whose cursor goes on after so many would never end.
inline std::int64_t maxScannedBuckets(std::int64_t members) {
  constexpr std::int64_t kMaxBuckets = 1'000'000'000;
  return 100'000 + 20 * std::min(members, kMaxBuckets);
}

// How many buckets one step of a scan visits: few where members are large, since the server copies them into its reply.
class ScanStep {
 public:
  std::int64_t buckets() const { return buckets_; }
  // Chooses the size of the next step by the bytes that the last one found.
  void adapt(std::int64_t bytes) {
    if (bytes > kMaxBytes) buckets_ = std::max(buckets_ / 4, kMinBuckets);
    if (bytes < kMaxBytes / 8) buckets_ = std::min(buckets_ * 4, kMaxBuckets);
  }

 private:
  static constexpr std::int64_t kMinBuckets = 4, kMaxBuckets = 1000, kMaxBytes = std::int64_t{8} << 20;

  std::int64_t buckets_ = kMinBuckets;
};

}  // namespace leptir::redis
