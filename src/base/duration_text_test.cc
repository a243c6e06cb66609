#include "base/duration_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace leptir::base {
namespace {

using namespace std::chrono_literals;

TEST(DurationText, IsRoundedForPeople) {
  EXPECT_EQ(durationText(Duration(4'999'790)), "5.0 s");
  EXPECT_EQ(durationText(Duration(350)), "0.35 ms");
  EXPECT_EQ(durationText(Duration(12'345)), "12.3 ms");
  EXPECT_EQ(durationText(600ms), "600 ms");
  EXPECT_EQ(durationText(1500ms), "1.5 s");
  EXPECT_EQ(durationText(125s), "2 min 5 s");
  EXPECT_EQ(durationText(3h + 20min), "3 h 20 min");
  EXPECT_EQ(durationText(99h), "4 d 3 h");
}

TEST(DurationText, UsesTheNextUnitWhenRoundingReachesIt) {
  EXPECT_EQ(durationText(Duration(999'600)), "1.0 s");
  EXPECT_EQ(durationText(Duration(59'970'000)), "1 min 0 s");
  EXPECT_EQ(durationText(1h - 1ms), "1 h 0 min");
  EXPECT_EQ(durationText(24h - 1s), "1 d 0 h");
}

TEST(DurationText, FormatsNanInfinityZeroAndNegativeDurations) {
  EXPECT_EQ(durationText(std::numeric_limits<double>::quiet_NaN()), "very long");
  EXPECT_EQ(durationText(std::numeric_limits<double>::infinity()), "very long");
  EXPECT_EQ(durationText(Duration::zero()), "0 ms");
  EXPECT_EQ(durationText(-2s), "-2.0 s");
}

}  // namespace
}  // namespace leptir::base
