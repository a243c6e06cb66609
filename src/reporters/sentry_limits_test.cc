#include "reporters/sentry_limits.h"

#include <gtest/gtest.h>

namespace leptir::reporters {
namespace {

using std::chrono::seconds;

std::optional<Duration> pauseFor(const std::string& limits, int status = 429) {
  http::HttpAnswer answer{.status = status};
  answer.headers["x-sentry-rate-limits"] = limits;
  return sentryPause(answer);
}

TEST(SentryPause, IsTheLongestLimitForErrors) {
  EXPECT_EQ(pauseFor("60:error:organization"), seconds(60));
  EXPECT_EQ(pauseFor("60:transaction;error:key, 2700:default;error:organization, 9000:transaction:project"),
            seconds(2700));
  EXPECT_EQ(pauseFor("1.5:default"), std::chrono::milliseconds(1500));
}

TEST(SentryPause, HoldsForErrorsIfNoCategoryIsNamed) {
  EXPECT_EQ(pauseFor("60::organization"), seconds(60));
  EXPECT_EQ(pauseFor("60"), seconds(60));
  EXPECT_EQ(pauseFor(" 60 : : key:reason_text "), seconds(60));
}

TEST(SentryPause, IsNoneIfOnlyOtherCategoriesAreLimited) {
  EXPECT_EQ(pauseFor("60:transaction;session:organization"), std::nullopt);
}

TEST(SentryPause, MayComeWithASuccess) {
  EXPECT_EQ(pauseFor("60:error:organization", 200), seconds(60));
  EXPECT_EQ(sentryPause({.status = 200, .retryAfter = seconds(9)}), std::nullopt);
}

TEST(SentryPause, IsRetryAfterOrAMinuteWithoutThatHeader) {
  EXPECT_EQ(sentryPause({.status = 429, .retryAfter = seconds(9)}), seconds(9));
  EXPECT_EQ(sentryPause({.status = 429}), seconds(60));
  EXPECT_EQ(sentryPause({.status = 500, .retryAfter = seconds(9)}), std::nullopt);
}

TEST(SentryPause, IgnoresNonsenseAndNeverLastsForEver) {
  for (const std::string text : {"soon:error", ":error", "-5:error", "nan:error", ",,,", ":::", ";"})
    EXPECT_EQ(pauseFor(text, 200), std::nullopt) << text;
  EXPECT_EQ(pauseFor("1e300:error"), std::chrono::hours(7 * 24));
  EXPECT_EQ(pauseFor("inf:error"), std::chrono::hours(7 * 24));
}

}  // namespace
}  // namespace leptir::reporters
