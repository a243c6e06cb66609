#include "worker/inspection_schedule.h"

#include <gtest/gtest.h>

namespace leptir {
namespace {

using namespace std::chrono_literals;

class InspectionScheduleTest : public ::testing::Test {
 protected:
  // So many runs of which each was clean; answers how many were followed by a look.
  int runs(std::string_view name, int count) {
    int looks = 0;
    for (int i = 0; i < count; ++i) {
      if (!schedule.isDue(name, now)) continue;
      schedule.inspected(name, true, now);
      ++looks;
    }
    return looks;
  }
  InspectionSchedule schedule;
  BootTime now{1000s};
};

TEST_F(InspectionScheduleTest, LooksAfterEachRunUntilANameIsTrusted) {
  EXPECT_EQ(runs("a", 16), 16);
  EXPECT_EQ(runs("a", 255), 0);
  EXPECT_EQ(runs("a", 1), 1);
  EXPECT_EQ(runs("b", 16), 16);
  EXPECT_EQ(runs("a", 100), 0) << "trusted still";
}

TEST_F(InspectionScheduleTest, LooksBeforeAnotherNameRuns) {
  runs("a", 16);
  EXPECT_FALSE(schedule.isDueBefore("b")) << "looked at";
  runs("a", 1);
  EXPECT_FALSE(schedule.isDueBefore("a"));
  EXPECT_TRUE(schedule.isDueBefore("b"));
  schedule.inspected("a", true, now);
  EXPECT_FALSE(schedule.isDueBefore("b"));
}

TEST_F(InspectionScheduleTest, LooksAgainWhenTimeHasPassed) {
  runs("a", 16);
  now += 9ms;
  EXPECT_EQ(runs("a", 10), 0);
  now += 1ms;
  EXPECT_EQ(runs("a", 10), 1);
}

TEST_F(InspectionScheduleTest, TrustsANameNoMoreThatLeftATrace) {
  runs("a", 16);
  now += 10ms;
  ASSERT_TRUE(schedule.isDue("a", now));
  schedule.inspected("a", false, now);
  EXPECT_EQ(runs("a", 16), 16);
}

}  // namespace
}  // namespace leptir
