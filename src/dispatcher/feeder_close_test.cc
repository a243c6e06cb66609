// How the feeder closes its session at a stop, and when a reload has removed its broker.
#include "dispatcher/feeder_fixture.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

TEST_F(FeederTest, AClosingFeederSettlesItsBatchesAndReleasesTheOtherLeases) {
  const auto tasks = lease({"a", "b"});
  feeder->settle(batchOf(tasks.at(0), "a"));
  feeder->close();
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_FALSE(feeder->leftToExpire());
  EXPECT_EQ(queue->counts(), (TaskCounts{.due = 1}));
  EXPECT_EQ(queue->find("b")->counters, Counters{});
}

TEST_F(FeederTest, AClosingFeederGivesUpOnAStoreThatStaysDownAndLetsItsLeasesExpire) {
  const auto tasks = lease({"a", "b"});
  faults.down = true;
  feeder->settle(batchOf(tasks.at(0), "a"));
  ASSERT_TRUE(next<event::BrokerClosed>());
  feeder->settle(batchOf(tasks.at(1), "b"));  // arrives while the store is down
  const auto asked = systemClock().bootTime();
  feeder->close();
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_GE(systemClock().bootTime() - asked, 300ms);
  EXPECT_TRUE(feeder->leftToExpire());
  EXPECT_EQ(next<event::BatchSettled>()->batch, 1u) << "so that the core waits no longer";
  EXPECT_EQ(next<event::BatchSettled>()->batch, 2u);
  EXPECT_EQ(queue->counts().leased, 2u);
}

TEST_F(FeederTest, AnImpatientCloseTriesAStoreThatIsDownOnceMore) {
  const auto tasks = lease({"a"});
  faults.down = true;
  feeder->settle(batchOf(tasks.at(0), "a"));
  ASSERT_TRUE(next<event::BrokerClosed>());
  feeder->close(Patience::OneTry);
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_TRUE(feeder->leftToExpire());
  EXPECT_TRUE(next<event::BatchSettled>());
}

TEST_F(FeederTest, ACloseThatIsRefusedEachTimeIsGivenUpAfterAFewTries) {
  const auto read = openLog();
  faults.refuses = "close";
  faults.code = ErrorCode::Invalid;
  lease({"a"});
  feeder->close();
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_TRUE(feeder->leftToExpire());
  EXPECT_LE(std::ranges::count(faults.journal(), "close"), 6) << "at once, and then every 200 ms";
  EXPECT_EQ(timesIn(read(), "not available, trying again: on purpose"), 1);
  EXPECT_EQ(timesIn(read(), "cannot close the session"), 1);
}

TEST_F(FeederTest, AClosingFeederClosesItsSessionWhenTheStoreIsBackInTime) {
  const auto tasks = lease({"a"});
  faults.down = true;
  feeder->settle(batchOf(tasks.at(0), "a"));
  feeder->close();
  ASSERT_TRUE(refuses(faults));
  faults.down = false;
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_FALSE(feeder->leftToExpire());
  EXPECT_EQ(left(), 0u);
}

TEST_F(FeederTest, DetachingWaitsForTheStoreHoweverLongItIsDown) {
  const auto tasks = lease({"a", "b"});
  ASSERT_EQ(tasks.size(), 2u);
  faults.down = true;
  feeder->settle(batchOf(tasks[0], "a"));
  feeder->detach();
  const auto until = systemClock().bootTime() + 400ms;  // longer than a stop would wait
  ASSERT_TRUE(waitUntil([&] { return systemClock().bootTime() > until; }));
  EXPECT_FALSE(feeder->hasClosed());
  faults.down = false;
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_FALSE(feeder->leftToExpire());
  EXPECT_EQ(queue->counts().due, 1u) << "the task that was leased and not settled is given back";
  EXPECT_EQ(left(), 1u);
}

}  // namespace
}  // namespace leptir::dispatcher
