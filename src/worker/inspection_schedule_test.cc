#include "worker/inspection_schedule.h"

#include <gtest/gtest.h>

namespace leptir::worker {
namespace {

using namespace std::chrono_literals;

class InspectionScheduleTest : public ::testing::Test {
 protected:
  // Runs so many tasks that leave no change; answers after how many of them an inspection was due.
  int runs(std::string_view name, int count) {
    int inspections = 0;
    for (int i = 0; i < count; ++i) {
      if (!schedule.isDue(name, now)) continue;
      schedule.noteInspection(name, true, now);
      ++inspections;
    }
    return inspections;
  }
  InspectionSchedule schedule;
  BootTime now{1000s};
};

TEST_F(InspectionScheduleTest, InspectsAfterEachRunUntilATaskNameIsTrusted) {
  EXPECT_EQ(runs("a", 16), 16);
  EXPECT_EQ(runs("a", 255), 0);
  EXPECT_EQ(runs("a", 1), 1);
  EXPECT_EQ(runs("b", 16), 16);
  EXPECT_EQ(runs("a", 100), 0) << "still trusted";
}

TEST_F(InspectionScheduleTest, InspectsBeforeATaskOfAnotherNameRuns) {
  runs("a", 16);
  EXPECT_FALSE(schedule.isDueBefore("b")) << "inspected after its last run";
  runs("a", 1);
  EXPECT_FALSE(schedule.isDueBefore("a"));
  EXPECT_TRUE(schedule.isDueBefore("b"));
  schedule.noteInspection("a", true, now);
  EXPECT_FALSE(schedule.isDueBefore("b"));
}

TEST_F(InspectionScheduleTest, InspectsATrustedNameAgainAfterTenMilliseconds) {
  runs("a", 16);
  now += 9ms;
  EXPECT_EQ(runs("a", 10), 0);
  now += 1ms;
  EXPECT_EQ(runs("a", 10), 1);
}

TEST_F(InspectionScheduleTest, NoLongerTrustsANameThatLeftAChange) {
  runs("a", 16);
  now += 10ms;
  ASSERT_TRUE(schedule.isDue("a", now));
  schedule.noteInspection("a", false, now);
  EXPECT_EQ(runs("a", 16), 16);
}

}  // namespace
}  // namespace leptir::worker
