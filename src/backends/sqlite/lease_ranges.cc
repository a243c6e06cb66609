#include "backends/sqlite/lease_ranges.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace leptir::sqlite {
namespace {

void append(std::vector<LeaseRange>& ranges, std::int64_t row, std::int64_t lease) {
  const bool continues =
      !ranges.empty() && ranges.back().last < row && ranges.back().last == row - 1 && ranges.back().lease == lease;
  if (continues) {
    ranges.back().last = row;
  } else {
    ranges.push_back({lease, row, row});
  }
}

}  // namespace

std::optional<std::int64_t> rowOf(const LeaseId& lease) {
  std::int64_t row = 0;
  const auto* const end = lease.handle.data() + lease.handle.size();
  const auto parsed = std::from_chars(lease.handle.data(), end, row);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return row;
}

std::vector<LeaseRange> rangesOf(std::span<const std::int64_t> rows, std::int64_t lease) {
  std::vector<LeaseRange> ranges;
  for (const auto row : rows) append(ranges, row, lease);
  return ranges;
}

std::optional<std::vector<LeaseRange>> rangesOf(std::span<const LeaseId> leases) {
  std::vector<std::pair<std::int64_t, std::int64_t>> sorted;
  sorted.reserve(leases.size());
  for (const auto& lease : leases) {
    const auto row = rowOf(lease);
    if (!row) return std::nullopt;
    sorted.emplace_back(static_cast<std::int64_t>(lease.number), *row);
  }
  std::ranges::sort(sorted);
  std::vector<LeaseRange> ranges;
  for (const auto& [number, row] : sorted) append(ranges, row, number);
  return ranges;
}

}  // namespace leptir::sqlite
