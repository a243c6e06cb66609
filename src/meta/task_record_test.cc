#include "leptir/task_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir {
namespace {

using ::testing::HasSubstr;

struct Point {
  int x = 0, y = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Point, x, y)

Json success(Json result = {}) {
  Json record{{"id", "t"}, {"status", 3}, {"retC", 1}, {"respM", ""}, {"lease", 7}, {"cause", "finished"}};
  if (!result.is_null()) record["result"] = std::move(result);
  return record;
}

Json with(Json record, const Json& changes) {
  record.update(changes);
  return record;
}

TEST(TaskRecord, AFinishedTaskIsOverWhateverItsOutcome) {
  for (const auto* cause : {"finished", "threw", "timed_out", "cancelled", "crashed", "discarded", "unknown_name"}) {
    EXPECT_TRUE(isOver(with(success(), {{"cause", cause}, {"retC", 3}}))) << cause;
  }
}

TEST(TaskRecord, ARunInProgressAndARetryThatWaitsAreNotOver) {
  EXPECT_FALSE(isOver(with(success(), {{"status", 2}, {"step", 1}, {"retC", 4}})));
  EXPECT_FALSE(isOver(with(success(), {{"status", 1}, {"cause", "threw"}, {"retC", 3}})));
  EXPECT_FALSE(hasSucceeded(with(success(), {{"status", 1}})));
}

TEST(TaskRecord, ARecordOfPhpLeptirIsOverWithStatusThree) {
  const Json php{{"id", "t"}, {"status", 3}, {"retC", 1}, {"exTime", 0.1}, {"respM", ""}, {"type", "App\\Task"}};
  EXPECT_TRUE(isOver(php));
  EXPECT_TRUE(hasSucceeded(php));
  EXPECT_FALSE(isOver(with(php, {{"status", 2}})));
}

TEST(TaskRecord, ATaskThatReplacesItsStatusIsOverAfterItsRun) {
  EXPECT_TRUE(isOver(with(success(), {{"status", "shipped"}})));
  EXPECT_FALSE(isOver(with(success(), {{"status", "shipping"}, {"step", 1}})));
}

TEST(TaskRecord, WhatIsNoObjectIsNotOver) {
  EXPECT_FALSE(isOver(Json()));
  EXPECT_FALSE(isOver(Json::array()));
}

TEST(TaskRecord, AWarningIsASuccess) {
  EXPECT_TRUE(hasSucceeded(with(success(), {{"retC", 2}})));
  EXPECT_FALSE(hasSucceeded(with(success(), {{"retC", 3}})));
  EXPECT_FALSE(hasSucceeded(with(success(), {{"retC", "1"}})));
}

TEST(TaskRecord, TheResultHasTheTypeThatIsAskedFor) {
  EXPECT_EQ(resultAs<Point>(success({{"x", 3}, {"y", 4}}))->y, 4);
  EXPECT_EQ(*resultAs<int>(success(5)), 5);
  EXPECT_EQ(*resultAs<std::vector<std::string>>(success({"a", "b"})), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(*resultAs<Json>(success({{"any", true}})), (Json{{"any", true}}));
}

TEST(TaskRecord, AMissingResultIsNullForJsonAndInvalidForAType) {
  EXPECT_EQ(*resultAs<Json>(success()), Json());
  const auto missing = resultAs<Point>(success());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::Invalid);
  EXPECT_EQ(missing.error().message(), "task t: succeeded, but gave no result (see setResult)");
}

TEST(TaskRecord, AResultThatDoesNotFitIsInvalidAndSaysWhere) {
  const auto wrong = resultAs<Point>(success({{"x", 3}, {"y", "four"}}));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(wrong.error().message(), HasSubstr("task t: its result does not fit"));
  EXPECT_THAT(wrong.error().message(), HasSubstr("y"));
}

TEST(TaskRecord, AFailedTaskGivesItsResponseAndHowItEnded) {
  const auto threw = resultOf(with(success(5), {{"retC", 3}, {"cause", "threw"}, {"respM", "no such account"}}));
  ASSERT_FALSE(threw);
  EXPECT_EQ(threw.error(), Error(ErrorCode::TaskFailed, "task t: did not succeed (threw): no such account"));
  const auto failed = resultOf(with(success(), {{"retC", 3}}));
  EXPECT_EQ(failed.error().message(), "task t: did not succeed (error)");
  const auto buried = resultOf(with(success(), {{"retC", 3}, {"cause", "crashed"}, {"buried", "why"}}));
  EXPECT_EQ(buried.error().message(), "task t: did not succeed (crashed, buried)");
}

TEST(TaskRecord, ATaskThatIsNotOverHasNoResultYet) {
  EXPECT_EQ(resultOf(with(success(5), {{"status", 1}})).error().code(), ErrorCode::TimedOut);
}

}  // namespace
}  // namespace leptir
