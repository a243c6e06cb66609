#include "dispatcher/slot_tracker.h"

#include <gtest/gtest.h>

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

class SlotTrackerTest : public ::testing::Test {
 protected:
  SlotTrackerTest() { slots.setReady(0, true); }

  static settlement::HeldTask task(std::uint64_t number) { return {.lease = {number, "handle"}}; }
  std::size_t assign(std::uint64_t number) { return slots.assign(0, task(number), false).cell; }
  void settle(std::size_t cell) {
    slots.markEnded({0, cell});
    slots.markFreed({0, cell});
  }
  std::vector<std::uint64_t> leases() {
    std::vector<std::uint64_t> numbers;
    slots.forEachTask([&](CellRef cell, const settlement::HeldTask& task) {
      EXPECT_EQ(slots.taskIn(cell), &task);
      numbers.push_back(task.lease.number);
    });
    std::ranges::sort(numbers);
    return numbers;
  }

  SlotTracker slots{2};
};

TEST_F(SlotTrackerTest, KnowsTheOrderOfTheTasksThatHaveNotEnded) {
  for (std::uint64_t number = 0; number < 4; ++number) assign(number);
  slots.markEnded({0, 0});
  slots.removeTakenBack({0, 3});
  EXPECT_EQ(slots.unendedCells(0), (std::deque<std::size_t>{1, 2}));
  EXPECT_EQ(slots.used(), 3u);
  EXPECT_EQ(slots.settling(), 1u);
  EXPECT_EQ(assign(4), 3u) << "the cell of the task that was taken back";
}

TEST_F(SlotTrackerTest, VisitsEachTaskOnceAlsoBeyondFreeCellsAndTheEndOfTheSlot) {
  for (std::uint64_t number = 0; number < link::kCells - 2; ++number) settle(assign(number));
  for (std::uint64_t number = 1; number <= 5; ++number) assign(number);
  for (const auto cell : {link::kCells - 2, link::kCells - 1, std::size_t{0}}) slots.markEnded({0, cell});
  slots.markFreed({0, link::kCells - 1});
  EXPECT_EQ(leases(), (std::vector<std::uint64_t>{1, 3, 4, 5}));
  EXPECT_TRUE(slots.taskIn({0, link::kCells - 1}) == nullptr);
}

TEST_F(SlotTrackerTest, AdoptsCellsInTheOrderOfTheirAssignment) {
  slots.adopt({0, link::kCells - 1}, task(1), true, false);
  slots.adopt({0, 1}, task(2), false, false);
  EXPECT_EQ(slots.unendedCells(0), (std::deque<std::size_t>{link::kCells - 1, 1}));
  EXPECT_EQ(leases(), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(assign(3), 2u);
}

TEST_F(SlotTrackerTest, NamesATaskAsRunningLongUntilItEnds) {
  const CellRef cell{0, assign(1)};
  const BootTime now(10s);
  EXPECT_FALSE(slots.noteRunning(cell, now, now + 100ms, 200ms));
  EXPECT_TRUE(slots.runningLong(0).empty());
  EXPECT_TRUE(slots.noteRunning(cell, now, now + 300ms, 200ms));
  EXPECT_FALSE(slots.noteRunning(cell, now, now + 400ms, 200ms)) << "only the first time";
  EXPECT_EQ(slots.runningLong(0), (std::vector<LeaseId>{{1, "handle"}}));
  EXPECT_TRUE(slots.runningLong(1).empty()) << "of another broker";
  slots.markEnded(cell);
  EXPECT_TRUE(slots.runningLong(0).empty());
}

TEST_F(SlotTrackerTest, EmptiesASlotForALargeTask) {
  const auto cell = assign(1);
  EXPECT_EQ(slots.choose(true), std::nullopt);
  EXPECT_EQ(slots.choose(false), std::nullopt) << "the slot is kept for the large task";
  settle(cell);
  ASSERT_EQ(slots.choose(true), 0);
  slots.assign(0, task(2), true);
  EXPECT_EQ(slots.choose(false), std::nullopt) << "it is alone in its slot";
}

TEST_F(SlotTrackerTest, SaysThatManyTasksAreAboutToEndOnlyOfDozensOfShortOnes) {
  std::vector<std::size_t> cells;
  for (std::uint64_t number = 0; number < 31; ++number) cells.push_back(assign(number));
  EXPECT_FALSE(slots.areManyAboutToEnd());
  cells.push_back(assign(31));
  EXPECT_TRUE(slots.areManyAboutToEnd());
  slots.noteRunning({0, cells[0]}, BootTime(0s), BootTime(1s), 200ms);
  EXPECT_FALSE(slots.areManyAboutToEnd()) << "they wait behind a long one";
}

}  // namespace
}  // namespace leptir::dispatcher
