// The feeder's session at the store: renewed, resumed or lost.
#include "dispatcher/feeder_fixture.h"

namespace leptir::dispatcher {
namespace {

// The session is not claimed yet: a late renewal keeps it, if it comes before the feeder looks for dead sessions.
TEST_F(FeederTest, RenewsItsExpiredSessionBeforeItLooksForDeadSessions) {
  lease({"a"});
  faults.down = true;
  feeder->count();
  ASSERT_TRUE(next<event::BrokerClosed>());
  queue->expireSessionsOf(instance);
  faults.down = false;
  EXPECT_EQ(next<event::BrokerOpened>()->epoch, 1u);
  const auto held = next<event::HeldTasksListed>();  // sent after dead sessions were looked for
  EXPECT_EQ(held->epoch, 1u);
  EXPECT_EQ(held->tasks.size(), 1u);
}

TEST_F(FeederTest, ExtendsTheEndOfItsLeasesOnlyOnceAResumedSessionIsRenewed) {
  lease({"a"});
  const auto ends = page.brokers[0].leaseEndsBoot.load();
  faults.down = true;
  feeder->count();
  ASSERT_TRUE(next<event::BrokerClosed>());
  faults.refuses = "renew";
  faults.down = false;
  ASSERT_TRUE(refuses(faults));
  ASSERT_TRUE(refuses(faults));
  EXPECT_EQ(page.brokers[0].leaseEndsBoot.load(), ends);
}

TEST_F(FeederTest, ALostSessionIsClosedBeforeTheNextEpochIsOpened) {
  push({"a"});
  start();
  ASSERT_EQ(next<event::BrokerOpened>()->epoch, 1u);
  claim();
  feeder->setLeaseCredit(1, 0);
  ASSERT_TRUE(next<event::BrokerClosed>());
  EXPECT_EQ(next<event::BrokerOpened>()->epoch, 2u);
  EXPECT_EQ(page.brokers[0].epoch, 2u);
  const auto leased = next<event::Leased>();
  EXPECT_EQ(leased->epoch, 2u);
  EXPECT_EQ(leased->tasks.size(), 1u);
}

TEST_F(FeederTest, TasksOfALostEpochAreNeitherRecordedNorSettled) {
  const auto tasks = lease({"a"}, {storageFactory()});
  feeder->setLeaseCredit(0, 1);
  claim();
  feeder->count();  // makes the feeder do a turn, in which it notices the loss
  feeder->setLeaseCredit(1, 1);
  ASSERT_EQ(next<event::BrokerOpened>()->epoch, 2u);
  const auto again = next<event::Leased>();
  ASSERT_EQ(again->tasks.size(), 1u);

  feeder->settle(batchOf(tasks.at(0), "a", 1));
  EXPECT_EQ(next<event::BatchSettled>()->batch, 1u) << "so that its cells become free";
  EXPECT_FALSE(isRecorded("a"));
  EXPECT_EQ(queue->find("a")->state, TaskState::Leased);
  EXPECT_EQ(queue->find("a")->counters.expiries, 1u);
}

TEST_F(FeederTest, NeverSpendsAnEpochThatAnotherLineOfThePageMayHaveSpent) {
  page.brokers[0].maxEpochElsewhere = 7;
  start();
  EXPECT_EQ(next<event::BrokerOpened>()->epoch, 8u);
}

}  // namespace
}  // namespace leptir::dispatcher
