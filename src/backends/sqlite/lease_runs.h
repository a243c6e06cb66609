// Rows that lie side by side are changed by one statement: what a push put in together mostly stays together until it
// is acknowledged. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "leptir/broker_task.h"

namespace leptir {

// Rows `first` to `last`, all of them, under one lease number.
struct LeaseRun {
  std::int64_t lease = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;

  std::int64_t length() const { return last - first + 1; }
  friend bool operator==(const LeaseRun&, const LeaseRun&) = default;
};

// The row that a handle names. None: it is no handle of this backend.
std::optional<std::int64_t> rowOf(const LeaseId& lease);

// In the order given.
std::vector<LeaseRun> runsOf(std::span<const std::int64_t> rows, std::int64_t lease);
// In any order. A row that stands there twice makes a run of its own. None: one of them names no row.
std::optional<std::vector<LeaseRun>> runsOf(std::span<const LeaseId> leases);

}  // namespace leptir
