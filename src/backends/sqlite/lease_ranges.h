// Groups consecutive rows, so that one statement changes many of them: tasks that were pushed together mostly stay
// neighbours until they are acknowledged. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "leptir/spi/broker_task.h"

namespace leptir::sqlite {

// All rows from `first` to `last`, leased under one lease number.
struct LeaseRange {
  std::int64_t lease = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;

  std::int64_t length() const { return last - first + 1; }
  friend bool operator==(const LeaseRange&, const LeaseRange&) = default;
};

// The row that the handle of a lease names. nullopt: the handle is not from this backend.
std::optional<std::int64_t> rowOf(const LeaseId& lease);

// A range for each group of consecutive rows, in the order of `rows`.
std::vector<LeaseRange> rangesOf(std::span<const std::int64_t> rows, std::int64_t lease);
// `leases` may be in any order. A row that occurs twice gets a range of its own. nullopt: a handle names no row.
std::optional<std::vector<LeaseRange>> rangesOf(std::span<const LeaseId> leases);

}  // namespace leptir::sqlite
