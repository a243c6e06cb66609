// How the core stops, and when a drain is at its end.
#include "dispatcher/core_fixture.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

TEST_F(CoreTest, AStopTakesBackUnstartedTasksAndClosesWhenTheOthersAreSettled) {
  const auto cell = lease({"a"}).assignments.at(0).cell;
  step(event::Stop{});
  EXPECT_EQ(last.slotsToTakeBackFrom.size(), 2u);
  EXPECT_FALSE(last.closeSessions);
  EXPECT_EQ(last.leaseCredits[0].tasks, 0u);
  const auto batch = finish(cell).batchesToSave.at(0)->id;
  step(event::RecordsSaved{batch});
  EXPECT_FALSE(last.closeSessions);
  step(event::BatchSettled{batch});
  EXPECT_TRUE(last.closeSessions);
  EXPECT_FALSE(step(event::Tick{}).closeSessions);
}

TEST_F(CoreTest, AStopGivesUpOnAStoreThatIsDownTenSecondsAfterTheLastTaskHasEnded) {
  const auto cell = lease({"a"}).assignments.at(0).cell;
  step(event::Stop{});
  passTime(1h);
  EXPECT_FALSE(step(event::Tick{}).closeSessions);
  finish(cell);
  passTime(9s);
  EXPECT_FALSE(step(event::Tick{}).closeSessions);
  passTime(2s);
  step(event::Tick{});
  EXPECT_EQ(last.closeSessions, SessionClose::LeaveToExpire);
  EXPECT_TRUE(last.cellsToFree.empty());
  EXPECT_FALSE(step(event::Tick{}).closeSessions);
}

TEST_F(CoreTest, DrainEndsWhenEveryBrokerIsEmpty) {
  options.drain = true;
  start();
  EXPECT_EQ(step(event::Tick{}).brokersToCount, std::vector{0u});
  EXPECT_FALSE(step(event::TasksCounted{0, {.scheduled = 1}}).closeSessions);
  ASSERT_EQ(last.logLines.size(), 1u);
  EXPECT_EQ(last.logLines[0].text, "Nothing is due now; the drain waits for 1 task whose time is to come.");
  EXPECT_TRUE(step(event::TasksCounted{0, {.scheduled = 1}}).logLines.empty()) << "logged once";
  EXPECT_TRUE(step(event::TasksCounted{0, {.buried = 3}}).closeSessions);
  EXPECT_FALSE(core->hasTasksOfUnknownNames());
}

TEST_F(CoreTest, DrainLeavesTasksOfUnknownNames) {
  options.drain = true;
  start();
  step(event::Leased{0, 1, {{envelopeOf("a", "stranger"), {}, {5, "x"}}}, true});
  step(event::BatchSettled{last.batchesToSettle.at(0)->id});
  EXPECT_FALSE(step(event::TasksCounted{0, {.due = 2}}).closeSessions) << "only one of the two is known to be left";
  EXPECT_TRUE(step(event::TasksCounted{0, {.due = 1}}).closeSessions);
  ASSERT_EQ(last.logLines.size(), 1u);
  EXPECT_EQ(last.logLines[0].text, "1 task of unknown names left in the queue: 'stranger'.");
  EXPECT_TRUE(core->hasTasksOfUnknownNames());
}

}  // namespace
}  // namespace leptir::dispatcher
