#include "backends/sqlite/lease_runs.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace leptir {
namespace {

void append(std::vector<LeaseRun>& runs, std::int64_t row, std::int64_t lease) {
  const bool continues =
      !runs.empty() && runs.back().last < row && runs.back().last == row - 1 && runs.back().lease == lease;
  if (continues) {
    runs.back().last = row;
  } else {
    runs.push_back({lease, row, row});
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

std::vector<LeaseRun> runsOf(std::span<const std::int64_t> rows, std::int64_t lease) {
  std::vector<LeaseRun> runs;
  for (const auto row : rows) append(runs, row, lease);
  return runs;
}

std::optional<std::vector<LeaseRun>> runsOf(std::span<const LeaseId> leases) {
  std::vector<std::pair<std::int64_t, std::int64_t>> sorted;
  sorted.reserve(leases.size());
  for (const auto& lease : leases) {
    const auto row = rowOf(lease);
    if (!row) return std::nullopt;
    sorted.emplace_back(static_cast<std::int64_t>(lease.number), *row);
  }
  std::ranges::sort(sorted);
  std::vector<LeaseRun> runs;
  for (const auto& [number, row] : sorted) append(runs, row, number);
  return runs;
}

}  // namespace leptir
