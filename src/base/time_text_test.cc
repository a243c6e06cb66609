#include "base/time_text.h"

#include <gtest/gtest.h>

namespace leptir::base {
namespace {

using namespace std::chrono_literals;

TEST(TimeText, IsRfc3339InUtc) {
  EXPECT_EQ(timeText(Time(1'795'456'800s)), "2026-11-23T18:00:00Z");
  EXPECT_EQ(timeText(Time(0s)), "1970-01-01T00:00:00Z");
}

TEST(TimeText, HasAFractionOnlyIfTheTimeHasOne) {
  EXPECT_EQ(timeText(Time(1'795'456'800s + 250ms)), "2026-11-23T18:00:00.25Z");
  EXPECT_EQ(timeText(Time(1'795'456'800s + 1us)), "2026-11-23T18:00:00.000001Z");
  EXPECT_EQ(timeText(Time(-250ms)), "1969-12-31T23:59:59.75Z");
}

}  // namespace
}  // namespace leptir::base
