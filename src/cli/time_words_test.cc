#include "cli/time_words.h"

#include <gtest/gtest.h>

namespace leptir::cli {
namespace {

using namespace std::chrono_literals;

constexpr Time kNow(1'795'456'800s);  // 2026-11-23T18:00:00Z

TEST(TimeWords, SaysATimeAbsolutelyAndRelatively) {
  EXPECT_EQ(absoluteTime(kNow + 500ms), "2026-11-23 18:00:00");
  EXPECT_EQ(relativeTime(kNow - 185s, kNow), "3 min 5 s ago");
  EXPECT_EQ(relativeTime(kNow + 2h, kNow), "in 2 h 0 min");
  EXPECT_EQ(wholeTime(kNow - 5s, kNow), "2026-11-23 17:59:55 UTC (5.0 s ago)");
}

TEST(TimeWords, ShowsAnUnknownTimeAsADash) {
  EXPECT_EQ(absoluteTime(Time()), "-");
  EXPECT_EQ(relativeTime(Time(), kNow), "-");
  EXPECT_EQ(wholeTime(Time(), kNow), "-");
}

}  // namespace
}  // namespace leptir::cli
