#include "broker/rank_selection.h"

#include <gtest/gtest.h>

#include <array>

namespace leptir::broker {
namespace {

// Weights and shares measured on PHP leptir with priorities 1, 1, 2, 5.
const RankSelection kPhpDefaults(std::array<std::int64_t, 4>{1, 1, 2, 5});

// The share of each broker in draws with evenly spread random numbers.
std::vector<double> shares(const RankSelection& selection, const std::vector<bool>& mayHaveTasks) {
  constexpr int kDraws = 100'000;
  std::vector<double> share(mayHaveTasks.size());
  for (int i = 0; i < kDraws; ++i) share[*selection.draw(mayHaveTasks, (i + 0.5) / kDraws)] += 1.0 / kDraws;
  return share;
}

void expectShares(const std::vector<double>& got, const std::vector<double>& wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], 1e-4) << "broker " << i;
}

TEST(RankSelection, DrawsEqualPrioritiesEquallyAndLowerRanksInProportionTo1ToTheRank) {
  expectShares(shares(kPhpDefaults, {true, true, false, false}), {1.0 / 2, 1.0 / 2, 0, 0});
  expectShares(shares(kPhpDefaults, {true, false, true, false}), {2.0 / 3, 0, 1.0 / 3, 0});
  expectShares(shares(kPhpDefaults, {true, false, false, true}), {3.0 / 4, 0, 0, 1.0 / 4});
}

TEST(RankSelection, SharesDependOnlyOnTheOrderOfPriorities) {
  const std::vector<bool> all(3, true);
  const auto near = shares(RankSelection(std::array<std::int64_t, 3>{1, 2, 3}), all);
  expectShares(shares(RankSelection(std::array<std::int64_t, 3>{-4, 50, 99}), all), near);
  expectShares(near, {6.0 / 11, 3.0 / 11, 2.0 / 11});
}

TEST(RankSelection, DrawsThePhpLeptirSharesWhenAllBrokersHaveTasks) {
  expectShares(shares(kPhpDefaults, {true, true, true, true}), {6.0 / 17, 6.0 / 17, 3.0 / 17, 2.0 / 17});
}

TEST(RankSelection, NeverDrawsAnEmptyBroker) {
  expectShares(shares(kPhpDefaults, {true, false, true, true}), {6.0 / 11, 0, 3.0 / 11, 2.0 / 11});
  expectShares(shares(kPhpDefaults, {false, false, false, true}), {0, 0, 0, 1});
}

TEST(RankSelection, DrawsNoBrokerWhenAllAreEmpty) {
  EXPECT_EQ(kPhpDefaults.draw({false, false, false, false}, 0.5), std::nullopt);
}

TEST(RankSelection, DrawsABrokerWithTasksForEveryRandomNumber) {
  EXPECT_EQ(kPhpDefaults.draw({true, true, true, false}, 0.0), 0u);
  EXPECT_EQ(kPhpDefaults.draw({true, true, true, false}, 0.9999999999999999), 2u);
  EXPECT_EQ(kPhpDefaults.draw({true, true, true, false}, 1.0), 2u);
}

TEST(RankSelection, PushesToTheFirstBrokerOfAtLeastThePriorityElseToTheLast) {
  for (const std::int64_t low : {-1, 0, 1}) EXPECT_EQ(kPhpDefaults.forPush(low), 0u) << low;
  EXPECT_EQ(kPhpDefaults.forPush(2), 2u);
  for (const std::int64_t high : {3, 5, 6, 99}) EXPECT_EQ(kPhpDefaults.forPush(high), 3u) << high;
}

TEST(RankSelection, ChoosesNoBrokerForAPushWhenThereIsNone) {
  EXPECT_EQ(RankSelection(std::span<const std::int64_t>{}).forPush(0), std::nullopt);
}

}  // namespace
}  // namespace leptir::broker
