#include "backends/sqlite/lease_ranges.h"

#include <gtest/gtest.h>

namespace leptir::sqlite {
namespace {

using Ranges = std::vector<LeaseRange>;

std::vector<LeaseId> leases(std::initializer_list<std::pair<std::uint64_t, const char*>> given) {
  std::vector<LeaseId> made;
  for (const auto& [number, handle] : given) made.push_back({number, handle});
  return made;
}

TEST(LeaseRanges, ConsecutiveRowsFormOneRange) {
  EXPECT_EQ(rangesOf(std::vector<std::int64_t>{3, 4, 5, 8, 9, 7}, 1), (Ranges{{1, 3, 5}, {1, 8, 9}, {1, 7, 7}}));
  EXPECT_EQ(rangesOf(std::vector<std::int64_t>{}, 1), Ranges{});
}

TEST(LeaseRanges, LeasesMayComeInAnyOrder) {
  EXPECT_EQ(rangesOf(leases({{1, "5"}, {1, "3"}, {1, "4"}})), (Ranges{{1, 3, 5}}));
}

TEST(LeaseRanges, LeasesOfDifferentNumbersFormDifferentRanges) {
  EXPECT_EQ(rangesOf(leases({{1, "3"}, {2, "4"}, {1, "5"}})), (Ranges{{1, 3, 3}, {1, 5, 5}, {2, 4, 4}}));
}

TEST(LeaseRanges, ADuplicateRowGetsARangeOfItsOwn) {
  EXPECT_EQ(rangesOf(leases({{1, "3"}, {1, "4"}, {1, "3"}})), (Ranges{{1, 3, 3}, {1, 3, 4}}));
}

TEST(LeaseRanges, AHandleThatNamesNoRowIsRefused) {
  EXPECT_EQ(rangesOf(leases({{1, "3"}, {1, "3x"}})), std::nullopt);
  EXPECT_EQ(rowOf({1, ""}), std::nullopt);
  EXPECT_EQ(rowOf({1, "99999999999999999999"}), std::nullopt);
  EXPECT_EQ(rowOf({1, "42"}), 42);
}

}  // namespace
}  // namespace leptir::sqlite
