#include "cli/push_time.h"

#include <gtest/gtest.h>

#include <clocale>
#include <locale>

#include "leptir/spi/broker_task.h"

namespace leptir::cli {
namespace {

using namespace std::chrono_literals;

// 2026-11-23T18:00:00Z
constexpr Time kTime(1'795'456'800s);

TEST(ParseTime, AcceptsRfc3339WithEveryFormOfUtcOffset) {
  for (const auto* text : {"2026-11-23T18:00:00Z", "2026-11-23t18:00:00z", "2026-11-23 18:00:00Z",
                           "2026-11-23T19:00:00+01:00", "2026-11-23T19:00:00+0100", "2026-11-23T12:30:00-0530",
                           "2026-11-24T17:59:00+23:59", "2026-11-23T18:00:00-00:00"}) {
    const auto time = parseTime(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(*time, kTime) << text;
  }
  EXPECT_EQ(parseTime("2026-11-23T18:00:00.25+00:00").value(), kTime + 250ms);
}

TEST(ParseTime, RefusesMalformedUtcOffsets) {
  for (const auto* text : {"2026-11-23T18:00:00+25:00", "2026-11-23T18:00:00+24:00", "2026-11-23T18:00:00+01:60",
                           "2026-11-23T18:00:00+1:00", "2026-11-23T18:00:00+01", "2026-11-23T18:00:00+1",
                           "2026-11-23T18:00:00+010", "2026-11-23T18:00:00+01:0", "2026-11-23T18:00:00+-1:00",
                           "2026-11-23T18:00:00+01:00:00", "2026-11-23T18:00:00", "2026-11-23T18:00:00+"})
    EXPECT_FALSE(parseTime(text)) << text;
}

TEST(ParseTime, CutsAFractionOfAnyLengthToMicroseconds) {
  EXPECT_EQ(parseTime("2026-11-23T18:00:00.123456789Z").value(), kTime + 123456us);
  EXPECT_EQ(parseTime("2026-11-23T18:00:00.5+00:00").value(), kTime + 500ms);
  EXPECT_EQ(parseTime("2026-11-23T18:00:00." + std::string(300, '9') + "Z").value(), kTime + 999999us);
  EXPECT_EQ(parseTime("2026-11-23T17:59:60Z").value(), kTime) << "a leap second";
  EXPECT_EQ(parseTime("1969-12-31T23:59:59.75Z").value(), Time(-250ms));
}

TEST(ParseTime, RefusesTimesThatAreNotRfc3339) {
  for (const auto* text : {"+2026-11-23T18:00:00Z",
                           "-2026-11-23T18:00:00Z",
                           "02026-11-23T18:00:00Z",
                           "2026-11-23T18:00:00.Z",
                           "2026-11-23T18:00:00,5Z",
                           "2026-11-23T18:00:00.-5Z",
                           "2026-11-23T18:00:00.5 Z",
                           "2026-11-23T24:00:00Z",
                           "2026-11-23T18:60:00Z",
                           "2026-11-23T18:00:61Z",
                           "2026-02-29T18:00:00Z",
                           "2026-13-01T18:00:00Z",
                           "2026-11-00T18:00:00Z",
                           "2026/11/23T18:00:00Z",
                           "2026-11-23_18:00:00Z",
                           "2026-1-23T18:00:000Z",
                           "2026-11-23T18-00-00Z",
                           "2026-11-23T18:00Z",
                           "Z",
                           ""})
    EXPECT_FALSE(parseTime(text)) << text;
}

TEST(ParseTime, RefusesTimesAndDelaysBeyond1e11Seconds) {
  for (const auto* text : {"1795900000123", "-1e12", "1e300", "nan", "inf"}) EXPECT_FALSE(parseTime(text)) << text;
  EXPECT_EQ(parseTime("1e11").value(), Time(kMaxTimeSpan));
  EXPECT_FALSE(parseDelay(1.1e11));
  EXPECT_FALSE(parseDelay(-1));
  EXPECT_EQ(parseDelay(1e11), kMaxTimeSpan);
}

// A locale with a decimal comma and a point between thousands.
class GermanNumbers : public std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(ParseTime, IgnoresTheLocale) {
  const auto before = std::locale::global(std::locale(std::locale::classic(), new GermanNumbers));
  const auto time = parseTime("2026-11-23T18:00:00.25Z"), seconds = parseTime("1795456800.25");
  std::locale::global(before);
  EXPECT_EQ(time.value(), kTime + 250ms);
  EXPECT_EQ(seconds.value(), kTime + 250ms);
}

}  // namespace
}  // namespace leptir::cli
