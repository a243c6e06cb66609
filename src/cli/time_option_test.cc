#include "cli/time_option.h"

#include <gmock/gmock.h>

#include "base/duration_text.h"
#include "cli/time_words.h"

namespace leptir::cli {
namespace {

using namespace std::chrono_literals;
using enum UnsignedDuration;
using ::testing::HasSubstr;

constexpr Time kMoment(1'795'456'800s);  // 2026-11-23T18:00:00Z

Time timeIn(const char* text, UnsignedDuration bare = IsRefused) {
  const auto time = readTime(text, kMoment, bare);
  EXPECT_TRUE(time) << text;
  return time ? *time : Time();
}

std::string whyNoTime(const char* text, UnsignedDuration bare = IsRefused) {
  const auto time = readTime(text, kMoment, bare);
  EXPECT_FALSE(time) << text;
  return time ? std::string() : time.error().message();
}

TEST(ReadTime, AcceptsWhatTablesPrint) {
  EXPECT_EQ(timeIn(absoluteTime(kMoment).c_str()), kMoment);
  EXPECT_EQ(timeIn("2026-11-23 18:00:00 UTC"), kMoment);
  EXPECT_EQ(timeIn("2026-11-23 18:00:00.250 UTC"), kMoment + 250ms) << "leptir info --text";
  EXPECT_EQ(timeIn(relativeTime(kMoment - 185s, kMoment).c_str()), kMoment - 185s);
  EXPECT_EQ(timeIn(relativeTime(kMoment + 2h, kMoment).c_str()), kMoment + 2h);
}

TEST(ReadTime, AcceptsTimesWithoutAnOffsetDatesAndUnixSeconds) {
  EXPECT_EQ(timeIn("2026-11-23T18:00:00"), kMoment);
  EXPECT_EQ(timeIn("2026-11-23"), kMoment - 18h);
  EXPECT_EQ(timeIn("2026-11-23T19:00:00+01:00"), kMoment);
  EXPECT_EQ(timeIn("1795456800"), kMoment);
}

TEST(ReadTime, AcceptsWordsAndDurationsWithASign) {
  EXPECT_EQ(timeIn("now"), kMoment);
  EXPECT_EQ(timeIn("today"), kMoment - 18h);
  EXPECT_EQ(timeIn("yesterday"), kMoment - 42h);
  EXPECT_EQ(timeIn("tomorrow"), kMoment + 6h);
  EXPECT_EQ(timeIn("+10m"), kMoment + 10min);
  EXPECT_EQ(timeIn("+60"), kMoment + 60s);
  EXPECT_EQ(timeIn("-1h30m"), kMoment - 90min);
}

TEST(ReadTime, ADurationWithoutASignIsAgoOnlyWherePastTimesAreAskedFor) {
  EXPECT_EQ(timeIn("90s", IsAgo), kMoment - 90s);
  EXPECT_EQ(timeIn("1.5h", IsAgo), kMoment - 90min);
  EXPECT_EQ(timeIn("7d", IsAgo), kMoment - 7 * 24h);
  EXPECT_THAT(whyNoTime("10m"), HasSubstr("write +10m"));
}

TEST(ReadTime, RefusesNumbersThatLackAUnit) {
  EXPECT_EQ(whyNoTime("5", IsAgo),
            "'5' has no unit: write 5s for seconds or 5m for minutes before now, or 1970-01-01T00:00:05Z if you mean "
            "that");
  EXPECT_THAT(whyNoTime("60"), HasSubstr("write +60s for seconds or +60m for minutes from now"));
  EXPECT_THAT(whyNoTime("-5", IsAgo), HasSubstr("write 5s"));
  EXPECT_EQ(timeIn("1970-01-01T00:00:05Z", IsAgo), Time(5s));
}

TEST(ReadTime, RefusesEveryOtherText) {
  for (const auto* text : {"", "h", "soon", "10x", "+", "-", "nans", "+nan", "+-1", " ago", "in ", "2026-11",
                           "2026-11-23T18:00:00+1", "2026-13-01", "1e12"})
    EXPECT_THAT(whyNoTime(text, IsAgo), HasSubstr("is no time: write 2026-11-23T18:00:00Z")) << text;
}

TEST(ReadDuration, AcceptsSecondsUnitsAndWhatTablesPrint) {
  EXPECT_EQ(*readDuration("90"), 90s);
  EXPECT_EQ(*readDuration("0.25"), 250ms);
  EXPECT_EQ(*readDuration("1h"), 1h);
  EXPECT_EQ(*readDuration("1h30m"), 90min);
  for (const Duration duration : {Duration(600ms), Duration(5s), Duration(185s), Duration(200min), Duration(99h)})
    EXPECT_EQ(*readDuration(base::durationText(duration)), duration);
}

TEST(ReadDuration, RefusesEverythingElse) {
  for (const auto* text : {"", "-1", "-1s", "1e12", "nan", "inf", "h", "5x", "1h-2m", "1 h and 2 m"})
    EXPECT_THAT(readDuration(text).error().message(), HasSubstr("is no duration")) << text;
}

TEST(SetExpiry, AcceptsATimeOrSecondsFromNow) {
  PushOptions options{.expiresAfter = 7s};
  ASSERT_TRUE(setExpiry("2026-11-23T18:00:00.5Z", options));
  EXPECT_EQ(options.expires, kMoment + 500ms);
  EXPECT_EQ(options.expiresAfter, 0s);
  ASSERT_TRUE(setExpiry("+0.25", options));
  EXPECT_FALSE(options.expires) << "the duration replaces the time";
  EXPECT_EQ(options.expiresAfter, 250ms);
  ASSERT_TRUE(setExpiry("+10m", options));
  EXPECT_EQ(options.expiresAfter, 10min);
}

TEST(SetExpiry, RefusesEverythingElse) {
  PushOptions options;
  for (const auto* text : {"", "+", "+0", "+-1", "++1", "+1e12", "+inf", "+nan", "+1 x", "soon", "60 s", "60"})
    EXPECT_FALSE(setExpiry(text, options)) << text;
  EXPECT_FALSE(options.expires);
  EXPECT_EQ(options.expiresAfter, 0s);
}

}  // namespace
}  // namespace leptir::cli
