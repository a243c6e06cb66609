// The feeder with a store that is down, refuses requests or loses replies.
#include "dispatcher/feeder_fixture.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

TEST_F(FeederTest, OpensAStoreThatIsDownAtFirstOnceItIsThere) {
  faults.down = true;
  start();
  ASSERT_TRUE(refuses(faults));
  faults.down = false;
  EXPECT_TRUE(next<event::BrokerOpened>());
}

TEST_F(FeederTest, KeepsBatchesUntilTheStoreIsBackAndResumesItsSession) {
  const auto tasks = lease({"a", "b"});
  faults.down = true;
  feeder->settle(batchOf(tasks.at(0), "a"));
  feeder->settle(batchOf(tasks.at(1), "b"));
  ASSERT_TRUE(next<event::BrokerClosed>());
  EXPECT_FALSE(hasEventCome<event::BatchSettled>());
  EXPECT_EQ(queue->counts().leased, 2u);

  faults.down = false;
  EXPECT_EQ(next<event::BrokerOpened>()->epoch, 1u);
  EXPECT_EQ(next<event::BatchSettled>()->batch, 1u);
  EXPECT_EQ(next<event::BatchSettled>()->batch, 2u);
  EXPECT_EQ(left(), 0u);
}

TEST_F(FeederTest, ReportsEachBatchThatWaitsForAnUnavailableStore) {
  const auto tasks = lease({"a", "b"});
  faults.down = true;
  feeder->settle(batchOf(tasks.at(0), "a"));
  EXPECT_EQ(next<event::StoreUnavailable>()->batch, 1u);
  feeder->settle(batchOf(tasks.at(1), "b"));  // arrives while the store is unavailable
  while (next<event::StoreUnavailable>()->batch != 2) {
  }
  faults.down = false;
  EXPECT_EQ(next<event::BatchSettled>()->batch, 1u);
}

TEST_F(FeederTest, ReportsABatchThatWaitsForAStoreThatIsUnavailableFromTheStart) {
  const auto tasks = lease({"a"});
  faults.down = true;
  feeder.reset();
  start();
  feeder->settle(batchOf(tasks.at(0), "a"));
  EXPECT_EQ(next<event::StoreUnavailable>()->batch, 1u);
}

// The core reserves a cell for a broker that may have tasks: without this event the others would wait for ever.
TEST_F(FeederTest, ReportsAgainThatItsQueueIsEmptyOnceItsStoreIsBack) {
  start();
  ASSERT_TRUE(next<event::BrokerOpened>());
  feeder->setLeaseCredit(4, 0);
  ASSERT_TRUE(next<event::Leased>()->nothingMoreDue);
  faults.down = true;
  ASSERT_TRUE(next<event::BrokerClosed>());
  faults.down = false;
  ASSERT_TRUE(next<event::BrokerOpened>());
  EXPECT_TRUE(next<event::Leased>()->nothingMoreDue);
}

// Row B10 of docs/design.md: a server that refuses everything for hours must not get thousands of requests per second.
TEST_F(FeederTest, BacksOffWhenAStoreOpensEachTimeAndRefusesTheSameRequest) {
  const auto tasks = lease({"a"});
  faults.refuses = "acknowledge";
  const auto began = systemClock().bootTime();
  feeder->settle(batchOf(tasks.at(0), "a"));
  ASSERT_TRUE(waitUntil([&] { return faults.refused == 4; }));
  EXPECT_GE(systemClock().bootTime() - began, 1s) << "first at once, then at least half of 1 s and of 2 s";

  faults.refuses = "";
  EXPECT_EQ(next<event::BatchSettled>()->batch, 1u);
}

// A store may refuse some requests and accept others in between.
TEST_F(FeederTest, BacksOffLongerEachTimeWhenAStoreFailsAgainSoonAfterAGoodTurn) {
  faults.refuses = "count";
  const auto began = systemClock().bootTime();
  start();
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(next<event::BrokerOpened>());
    feeder->count();
    ASSERT_TRUE(next<event::BrokerClosed>());
  }
  ASSERT_TRUE(next<event::BrokerOpened>());
  EXPECT_GE(systemClock().bootTime() - began, 1s) << "first at once, then half of 1 s, 2 s and 4 s";
}

TEST_F(FeederTest, LogsEachWarningOfItsStoresOnceHoweverOftenTheyAreOpened) {
  const auto read = openLog();
  faults.warnings = {"it forgets"};
  storageFaults.warnings = {"it is old"};
  start({storageFactory()});
  ASSERT_TRUE(next<event::BrokerOpened>());
  faults.down = true;
  feeder->count();
  ASSERT_TRUE(next<event::BrokerClosed>());
  faults.down = false;
  ASSERT_TRUE(next<event::BrokerOpened>());
  EXPECT_EQ(timesIn(read(), "WARN (4): broker broker: it forgets"), 1);
  EXPECT_EQ(timesIn(read(), "WARN (4): meta storage records: it is old"), 1);
}

TEST_F(FeederTest, ReportsABatchAsSettledOnceWhenTheReplyOfTheStoreWasLost) {
  const auto tasks = lease({"a"});
  faults.loseAnswers = true;
  feeder->settle(batchOf(tasks.at(0), "a"));
  ASSERT_TRUE(waitUntil([&] { return left() == 0; }));
  faults.loseAnswers = false;
  EXPECT_EQ(next<event::BatchSettled>()->batch, 1u);
  EXPECT_TRUE(next<event::HeldTasksListed>());
  EXPECT_FALSE(hasEventCome<event::BatchSettled>());
}

TEST_F(FeederTest, ReportsTasksAsHeldWhenTheReplyToTheirLeaseWasLost) {
  start();
  ASSERT_TRUE(next<event::HeldTasksListed>());
  faults.loseAnswers = true;
  push({"a"});
  feeder->setLeaseCredit(1, 0);
  ASSERT_TRUE(waitUntil([&] { return queue->counts().leased == 1; }));
  feeder->setLeaseCredit(0, 0);
  faults.loseAnswers = false;
  const auto isHeld = [&] { return next<event::HeldTasksListed>()->tasks.size() == 1; };
  EXPECT_TRUE(isHeld() || isHeld());  // the first list may be from before the lease
}

TEST_F(FeederTest, AStoreThatCanNeverBeUsedIsReportedOnceAndTheThreadEnds) {
  unusable = Error(ErrorCode::Invalid, "no such place");
  start();
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_EQ(reportedUnusable, 1);
}

}  // namespace
}  // namespace leptir::dispatcher
