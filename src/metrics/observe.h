// Adds a value to a histogram in shared memory.
#pragma once

#include <algorithm>
#include <array>

#include "metrics/metrics_table.h"

namespace leptir::metrics {

// The bucket of a value: the first one whose bound is not below it.
template <std::size_t kBounds>
std::size_t bucketOf(const std::array<std::int64_t, kBounds>& bounds, std::int64_t value) {
  return static_cast<std::size_t>(std::ranges::lower_bound(bounds, value) - bounds.begin());
}

// For histograms that one thread alone writes. A time below zero (clocks of two machines) counts as zero.
inline void observeAsOnlyWriter(TimeCells& cells, Duration time) {
  const auto value = std::max<std::int64_t>(time.count(), 0);
  addAsOnlyWriter(cells.sum, static_cast<std::uint64_t>(value));
  addAsOnlyWriter(cells.buckets[bucketOf(kTimeBoundsInMicroseconds, value)], 1);
}
// For histograms that several threads write.
inline void observe(TimeCells& cells, Duration time) {
  const auto value = std::max<std::int64_t>(time.count(), 0);
  add(cells.sum, static_cast<std::uint64_t>(value));
  add(cells.buckets[bucketOf(kTimeBoundsInMicroseconds, value)]);
}
inline void observe(BatchSizeCells& cells, std::size_t size) {
  add(cells.sum, size);
  add(cells.buckets[bucketOf(kBatchSizeBounds, static_cast<std::int64_t>(size))]);
}

}  // namespace leptir::metrics
