#include "backends/sqlite/lease_runs.h"

#include <gtest/gtest.h>

namespace leptir {
namespace {

using Runs = std::vector<LeaseRun>;

std::vector<LeaseId> leases(std::initializer_list<std::pair<std::uint64_t, const char*>> given) {
  std::vector<LeaseId> made;
  for (const auto& [number, handle] : given) made.push_back({number, handle});
  return made;
}

TEST(LeaseRuns, RowsSideBySideAreOneRun) {
  EXPECT_EQ(runsOf(std::vector<std::int64_t>{3, 4, 5, 8, 9, 7}, 1), (Runs{{1, 3, 5}, {1, 8, 9}, {1, 7, 7}}));
  EXPECT_EQ(runsOf(std::vector<std::int64_t>{}, 1), Runs{});
}

TEST(LeaseRuns, LeasesMayComeInAnyOrder) {
  EXPECT_EQ(runsOf(leases({{1, "5"}, {1, "3"}, {1, "4"}})), (Runs{{1, 3, 5}}));
}

TEST(LeaseRuns, LeasesOfDifferentNumbersAreDifferentRuns) {
  EXPECT_EQ(runsOf(leases({{1, "3"}, {2, "4"}, {1, "5"}})), (Runs{{1, 3, 3}, {1, 5, 5}, {2, 4, 4}}));
}

TEST(LeaseRuns, ARowThatStandsThereTwiceMakesARunOfItsOwn) {
  EXPECT_EQ(runsOf(leases({{1, "3"}, {1, "4"}, {1, "3"}})), (Runs{{1, 3, 3}, {1, 3, 4}}));
}

TEST(LeaseRuns, AHandleThatNamesNoRowMakesNone) {
  EXPECT_EQ(runsOf(leases({{1, "3"}, {1, "3x"}})), std::nullopt);
  EXPECT_EQ(rowOf({1, ""}), std::nullopt);
  EXPECT_EQ(rowOf({1, "99999999999999999999"}), std::nullopt);
  EXPECT_EQ(rowOf({1, "42"}), 42);
}

}  // namespace
}  // namespace leptir
