#include "meta/php_date.h"

#include <gtest/gtest.h>

namespace leptir::meta {
namespace {

using namespace std::chrono_literals;

std::string phpDate(Time time) {
  std::string text;
  appendPhpDate(time, text);
  return text;
}

TEST(PhpDate, IsWrittenInUtcWithMicroseconds) {
  EXPECT_EQ(phpDate(Time(1795451149s + 667348us)),
            R"({"date":"2026-11-23 16:25:49.667348","timezone_type":3,"timezone":"UTC"})");
  EXPECT_EQ(phpDate(Time(-1us)), R"({"date":"1969-12-31 23:59:59.999999","timezone_type":3,"timezone":"UTC"})");
}

TEST(PhpDate, IsReadBackToTheMicrosecond) {
  EXPECT_EQ(timeOfPhpDate("2026-11-23 16:25:49.667348"), Time(1795451149s + 667348us));
  EXPECT_EQ(timeOfPhpDate("1969-12-31 23:59:59.999999"), Time(-1us));
  EXPECT_EQ(timeOfPhpDate("2024-02-29 00:00:00.000000"), Time(1709164800s));
}

TEST(PhpDate, OfAnotherFormIsNone) {
  for (const auto* text : {"", "2026-11-23", "2026-11-23 16:25:49", "2026-11-23T16:25:49.667348",
                           "2023-02-29 00:00:00.000000", "2026-13-01 00:00:00.000000", "2026-11-23 24:00:00.000000",
                           "2026-11-23 16:25:60.000000", "2026-11-23 16:25:49.66734x", "-026-11-23 16:25:49.667348",
                           "2026-11-23 16:25:49.-67348", "xxxx-xx-xx xx:xx:xx.xxxxxx", "2026-11-23 16:25:49.6673480"}) {
    EXPECT_FALSE(timeOfPhpDate(text)) << text;
  }
}

TEST(PhpDate, HasYearsOfFourDigits) {
  EXPECT_TRUE(isPhpDate(Time(253402300799s)));
  EXPECT_FALSE(isPhpDate(Time(253402300800s)));
  EXPECT_FALSE(isPhpDate(Time::min()));
}

}  // namespace
}  // namespace leptir::meta
