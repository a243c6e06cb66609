#include "master/hang_watch.h"

#include <gtest/gtest.h>

namespace leptir::master {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kHasNotStarted = "has not started its assigned task and is replaced";

class HangWatchTest : public ::testing::Test {
 protected:
  HangWatchTest() {
    page.brokers[0].epoch = 1;
    slot.workerReady() = 1;
    watch.begin(now);
  }

  void assign(std::size_t cell) {
    link::Assignment assignment;
    assignment.sequence = ++sequence;
    assignment.epoch = 1;
    ASSERT_TRUE(slot.assignments().write(cell, assignment));
    ASSERT_TRUE(slot.change(cell, slot.word(cell), slot.word(cell).to(link::CellState::Assigned)));
  }
  // The answer in the last of so many rounds, one in half a second.
  std::string after(int rounds, HangWatch::Expectation expected = {.longestWait = 5s}) {
    std::string last;
    while (rounds-- > 0) last = watch.check(link::scanCells(slot), expected, now += 500ms);
    return last;
  }

  link::Slot slot = std::move(*link::Slot::create());
  link::SharedPage page;
  HangWatch watch{slot, page};
  BootTime now{1000s};
  std::uint64_t sequence = 0;
};

TEST_F(HangWatchTest, AnIdleWorkerWithoutATaskDoesNotHang) {
  EXPECT_EQ(after(1000), "");
}

TEST_F(HangWatchTest, AWorkerHangsThatDoesNotBeginItsAssignedTask) {
  assign(3);
  EXPECT_EQ(after(11), "");
  EXPECT_EQ(after(1), kHasNotStarted);
}

TEST_F(HangWatchTest, SaysWhatTheWorkerRuns) {
  assign(3);
  EXPECT_EQ(after(12, {.longestWait = 5s, .whatItRuns = "report"}),
            "has not started its assigned report and is replaced");
}

TEST_F(HangWatchTest, AWorkerDoesNotHangWhileATaskRunsOrMayNotBegin) {
  assign(3);
  EXPECT_EQ(after(100, {.begins = false, .longestWait = 5s}), "") << "the instance stops";
  page.brokers[0].epoch = 2;
  EXPECT_EQ(after(100), "") << "its lease is lost";
  page.brokers[0].epoch = 1;
  ASSERT_TRUE(slot.change(3, slot.word(3), slot.word(3).to(link::CellState::Executing)));
  assign(4);
  EXPECT_EQ(after(100), "") << "another task runs";
}

TEST_F(HangWatchTest, AWorkerHangsThatDoesNotExitThoughItRunsNoTask) {
  EXPECT_EQ(after(12, {.exits = true, .longestWait = 5s}), "does not exit and is killed");
}

TEST_F(HangWatchTest, AWorkerMayTakeTenMinutesToBecomeReady) {
  slot.workerReady() = 0;
  assign(3);
  EXPECT_EQ(after(1200), "");
  EXPECT_EQ(after(1), "did not become ready and is replaced");
}

TEST_F(HangWatchTest, ATimeInWhichTheMasterDidNotRunIsNotCounted) {
  assign(3);
  EXPECT_EQ(after(1), "");
  now += 1h;
  EXPECT_EQ(after(11), "");
  EXPECT_EQ(after(1), kHasNotStarted);
}

}  // namespace
}  // namespace leptir::master
