#include "dispatcher/pace.h"

#include <gtest/gtest.h>

#include "link/slot.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

TEST(PaceTest, GivesASlotOneTaskBeforeAnythingWasMeasured) {
  EXPECT_EQ(Pace().maxUnendedInSlot(), 1u);
}

TEST(PaceTest, GivesASlotDozensOfTasksAfterAFirstShortOneAndFillsItAfterDozens) {
  Pace pace;
  pace.observe(3us);
  EXPECT_GE(pace.maxUnendedInSlot(), 20u);
  EXPECT_LE(pace.maxUnendedInSlot(), 24u) << "the next ones may be longer";
  for (int i = 0; i < 50; ++i) pace.observe(0us);
  EXPECT_GT(pace.maxUnendedInSlot(), link::kCells / 2);
}

TEST(PaceTest, GivesASlotOneTaskAtATimeAsSoonAsALongOneWasMeasured) {
  Pace pace;
  pace.observe(3us);
  pace.observe(10ms);
  EXPECT_EQ(pace.maxUnendedInSlot(), 1u);
  Pace ofLongTasks;
  ofLongTasks.observe(1s);
  ofLongTasks.observe(0us);
  EXPECT_EQ(ofLongTasks.maxUnendedInSlot(), 1u);
}

}  // namespace
}  // namespace leptir::dispatcher
