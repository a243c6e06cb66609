#include "dispatcher/store_needs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const BrokerTraits kTwelveHours{.keepsBuried = true, .longestLease = 12h};

std::string whyNot(const StoreNeeds& needs, const BrokerTraits& traits) {
  const auto checked = checkNeeds(needs, traits);
  if (checked) return "";
  EXPECT_EQ(checked.error().code(), ErrorCode::Invalid);
  return checked.error().message();
}

TEST(StoreNeedsTest, AnyTimeLimitFitsAStoreWhoseLeasesHaveNoLimit) {
  EXPECT_EQ(whyNot({.longestTimeLimit = 0s}, {}), "");
  EXPECT_EQ(whyNot({.longestTimeLimit = 24h}, {}), "");
}

TEST(StoreNeedsTest, ATimeLimitMustEndBeforeTheLongestLease) {
  EXPECT_EQ(whyNot({.longestTimeLimit = 11h}, kTwelveHours), "");
  EXPECT_THAT(whyNot({.longestTimeLimit = 12h}, kTwelveHours), HasSubstr("set task_execution_time to 42900 or less"));
}

TEST(StoreNeedsTest, NoTimeLimitIsBeyondTheLongestLease) {
  EXPECT_THAT(whyNot({.longestTimeLimit = 0s}, kTwelveHours), HasSubstr("now: no limit"));
}

TEST(StoreNeedsTest, TheLongestTimeLimitOfAConfigurationIsNamed) {
  const TaskRulesByName rules{{"a", {.timeLimit = 1h}}, {"b", {.timeLimit = 20h}}, {"c", {}}};
  const auto needs = storeNeeds(10min, rules, true);
  EXPECT_EQ(needs.longestTimeLimit, 20h);
  EXPECT_THAT(whyNot(needs, kTwelveHours), HasSubstr("time_limit of the task 'b'"));
}

TEST(StoreNeedsTest, ANameWithoutATimeLimitIsTheLongest) {
  const TaskRulesByName rules{{"a", {.timeLimit = 0s}}, {"b", {.timeLimit = 20h}}};
  EXPECT_EQ(storeNeeds(10min, rules, true).longestTimeLimit, 0s);
}

TEST(StoreNeedsTest, AStoreThatKeepsNoBuriedTasksNeedsAMetaStorage) {
  EXPECT_THAT(whyNot({.hasStorages = false}, {.keepsBuried = false}), HasSubstr("add a meta_storage"));
  EXPECT_EQ(whyNot({.hasStorages = true}, {.keepsBuried = false}), "");
  EXPECT_EQ(whyNot({.hasStorages = false}, {}), "");
}

}  // namespace
}  // namespace leptir::dispatcher
