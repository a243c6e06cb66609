// What the core gives back when an operator pauses a queue or a name.
#include "dispatcher/core_fixture.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

class CorePauseTest : public CoreTest {
 protected:
  static event::PausesChanged queuePause(std::uint32_t broker = 0) {
    return {.broker = broker, .isQueuePaused = true, .names = {}};
  }
  static event::PausesChanged namePause(const std::string& name) {
    return {.broker = 0, .isQueuePaused = false, .names = {name}};
  }
  std::vector<LeaseId> released() const {
    std::vector<LeaseId> leases;
    for (const auto& batch : last.batchesToSettle) {
      for (const auto& task : batch->release) leases.push_back(task.lease);
    }
    return leases;
  }
};

TEST_F(CorePauseTest, APauseOfTheQueueReleasesTheStockAndTakesBackWhatHasNotBegun) {
  lease({"a", "b", "c"});
  step(queuePause());
  EXPECT_EQ(released(), (std::vector{leaseOf("c")}));
  EXPECT_EQ(last.slotsToTakeBackFrom.size(), 2u);
  EXPECT_EQ(last.leaseCredits[0].tasks, 0u);
  const auto batch = last.batchesToSettle.at(0)->id;
  step(event::BatchSettled{batch});
  step(event::AssignmentsTakenBack{1, {{0, envelopeOf("b")}}});
  EXPECT_EQ(released(), (std::vector{leaseOf("b")}));
  EXPECT_FALSE(last.batchesToSettle.at(0)->release.at(0).due) << "it keeps its place";
}

TEST_F(CorePauseTest, ALeaseThatWasOnItsWayIsReleased) {
  step(queuePause());
  lease({"a"});
  EXPECT_TRUE(last.assignments.empty());
  EXPECT_EQ(released(), (std::vector{leaseOf("a")}));
}

TEST_F(CorePauseTest, AResumedQueueGetsLeaseCreditAgain) {
  step(queuePause());
  EXPECT_EQ(step(event::PausesChanged{.broker = 0, .isQueuePaused = false, .names = {}}).leaseCredits[0].tasks, 2u);
}

TEST_F(CorePauseTest, ADrainGivesNoBrokerLeaseCredit) {
  start(2, {0, 1});
  step(event::DrainChanged{true});
  EXPECT_EQ(last.leaseCredits[0].tasks, 0u);
  EXPECT_EQ(last.leaseCredits[1].tasks, 0u);
  EXPECT_EQ(step(event::DrainChanged{false}).leaseCredits[1].tasks, 2u);
}

TEST_F(CorePauseTest, OtherBrokersGoOnAndNoCellIsReservedForAPausedOne) {
  start(2, {0, 1});
  step(queuePause(0));
  lease({"a", "b"}, 1);
  EXPECT_EQ(last.assignments.size(), 2u);
}

TEST_F(CorePauseTest, APauseOfANameTakesBackWhatHasNotBegunAndLeavesItToOthers) {
  lease({"a", "b", "c"});
  step(namePause("noop"));
  ASSERT_EQ(released(), (std::vector{leaseOf("c")}));
  EXPECT_TRUE(last.batchesToSettle.at(0)->release.at(0).leftToOthersUntil);
  EXPECT_EQ(last.slotsToTakeBackFrom.size(), 2u);
  step(event::BatchSettled{last.batchesToSettle.at(0)->id});
  step(event::AssignmentsTakenBack{0, {{0, envelopeOf("a")}}});
  ASSERT_EQ(released(), (std::vector{leaseOf("a")}));
  EXPECT_EQ(last.batchesToSettle.at(0)->release.at(0).counters, Counters());
}

TEST_F(CorePauseTest, APauseOfAnotherNameChangesNothing) {
  lease({"a", "b", "c"});
  step(namePause("other"));
  EXPECT_TRUE(released().empty());
}

TEST_F(CorePauseTest, APauseThatIsToldAgainChangesNothing) {
  lease({"a", "b"});
  step(namePause("noop"));
  step(namePause("noop"));
  EXPECT_TRUE(last.slotsToTakeBackFrom.empty());
}

TEST_F(CorePauseTest, ResumingANameAsksTheStoreForItsTasks) {
  step(namePause("noop"));
  lease({"a", "b"});
  step(event::BatchSettled{last.batchesToSettle.at(0)->id});
  step(event::PausesChanged{.broker = 0, .isQueuePaused = false, .names = {}});
  ASSERT_EQ(last.batchesToSettle.size(), 1u);
  EXPECT_EQ(last.batchesToSettle[0]->leaseAgain, (std::vector{leaseOf("a"), leaseOf("b")}));
}

TEST_F(CorePauseTest, ADrainOfAPausedQueueSaysOnceWhatItWaitsFor) {
  options.drain = true;
  start();
  step(queuePause());
  EXPECT_EQ(step(event::Tick{}).brokersToCount, std::vector{0u});
  step(event::TasksCounted{0, {.due = 3}});
  EXPECT_FALSE(last.closeSessions);
  ASSERT_EQ(last.logLines.size(), 1u);
  EXPECT_EQ(last.logLines[0].text,
            "broker broker: its queue is paused; the drain waits for 3 tasks until an operator runs "
            "`leptir resume --broker=broker`.");
  EXPECT_TRUE(step(event::TasksCounted{0, {.due = 3}}).logLines.empty()) << "logged once";
}

TEST_F(CorePauseTest, ADrainSaysWhichPausedNamesItWaitsFor) {
  options.drain = true;
  start();
  step(namePause("noop"));
  step(event::TasksCounted{0, {.due = 1}});
  ASSERT_EQ(last.logLines.size(), 1u);
  EXPECT_EQ(last.logLines[0].text,
            "broker broker: tasks of 'noop' are paused; the drain waits for 1 task until an operator runs "
            "`leptir resume --name=NAME`.");
}

TEST_F(CorePauseTest, ADrainOfAPausedQueueWithoutTasksEnds) {
  options.drain = true;
  start();
  step(queuePause());
  step(event::Tick{});
  EXPECT_TRUE(step(event::TasksCounted{0, {}}).closeSessions);
  EXPECT_TRUE(last.logLines.empty());
}

}  // namespace
}  // namespace leptir::dispatcher
