// A broker's thread and a store that fails for a while, loses our session, or never comes back.
#include "dispatcher/feeder.h"

#include "tests/hands/hands.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

class FeederTest : public Hands {
 protected:
  void start(std::vector<MetaSeat> beside = {}) {
    FeederOptions options;
    options.instance = instance;
    options.closeWithin = 300ms;
    feeder = std::make_unique<Feeder>(std::move(options), brokerSeat(), std::move(beside), true, page, inbox, log,
                                      systemClock(), [this](const Error&) { ++saidUnusable; });
  }

  // Starts with these tasks in the queue and leases them, or the first of them.
  std::vector<LeasedTask> lease(const std::vector<std::string>& ids, std::size_t room,
                                std::vector<MetaSeat> beside = {}) {
    push(ids);
    start(std::move(beside));
    EXPECT_TRUE(next<event::BrokerOpened>());
    feeder->setRoom(room, 0);
    auto leased = next<event::Leased>();
    return leased ? std::move(leased->tasks) : std::vector<LeasedTask>();
  }

  std::vector<LeasedTask> lease(const std::vector<std::string>& ids, std::vector<MetaSeat> beside = {}) {
    return lease(ids, ids.size(), std::move(beside));
  }

  std::shared_ptr<SettleBatch> batchOf(const LeasedTask& task, const std::string& id, std::uint64_t epoch = 1) {
    auto batch = std::make_shared<SettleBatch>();
    batch->id = ++lastBatch;
    batch->epoch = epoch;
    batch->acknowledge.push_back(task.lease);
    batch->records.push_back(recordOf(id, task.lease.number));
    return batch;
  }

  // Another instance takes over what this one holds.
  void claim() {
    queue->endTimeOf(instance);
    queue->recover(1000, {});
  }

  std::uint64_t left() {
    const auto counts = queue->counts();
    return counts.due + counts.scheduled + counts.leased + counts.buried;
  }

  const std::string instance = std::string(32, 'a');
  SharedPage page;
  std::uint64_t lastBatch = 0;
  std::unique_ptr<Feeder> feeder;  // last: its thread uses all the others
};

TEST_F(FeederTest, LeasesNoMoreThanThereIsRoomForSinceTheLastDelivery) {
  push({"a", "b", "c"});
  start();
  feeder->setRoom(2, 0);
  EXPECT_EQ(next<event::Leased>()->tasks.size(), 2u);
  feeder->setRoom(2, 0);  // said before the core knew of the two
  feeder->count();
  EXPECT_EQ(next<event::Counted>()->counts, (TaskCounts{.due = 1, .leased = 2}));
  feeder->setRoom(1, 2);
  EXPECT_EQ(next<event::Leased>()->tasks.size(), 1u);
}

// A row that counts as due and that no lease can take must not keep a processor busy.
TEST_F(FeederTest, APopThatReturnsNothingAtOnceIsFollowedByAPause) {
  constexpr int kPops = 20;
  mood.impatient = true;
  const auto begin = systemClock().bootTime();
  start();
  feeder->setRoom(1, 0);
  ASSERT_TRUE(waitUntil([&] { return std::ranges::count(mood.journal(), "pop") >= kPops; }));
  EXPECT_GE(systemClock().bootTime() - begin, (kPops - 1) * 10ms);
}

// It is at a lease when both come, a batch to settle and room for more.
class BusyFeederTest : public FeederTest {
 protected:
  void giveBothAtOnce() {
    const auto first = lease({"a", "b", "c", "d"}, 1);
    const auto asked = mood.journal().size();
    mood.holds = "pop";
    feeder->setRoom(1, 1);
    ASSERT_TRUE(waitUntil([&] { return mood.journal().size() > asked && mood.journal().back() == "pop"; }));
    feeder->settle(batchOf(first.at(0), "a"));
    feeder->setRoom(3, 1);
    mood.holds = "";
    EXPECT_EQ(next<event::Leased>()->tasks.size(), 1u);
  }
};

TEST_F(BusyFeederTest, AcknowledgesAndLeasesInOneGoWhileMoreIsDue) {
  giveBothAtOnce();
  EXPECT_EQ(next<event::Leased>()->tasks.size(), 2u);
  EXPECT_EQ(next<event::Settled>()->batch, 1u);
  EXPECT_TRUE(mood.wasAsked("acknowledge and pop"));
  EXPECT_FALSE(mood.wasAsked("acknowledge"));
  EXPECT_EQ(left(), 3u);
}

TEST_F(BusyFeederTest, TellsNothingSettledUntilBothAreAnswered) {
  mood.refuses = "acknowledge and pop";
  giveBothAtOnce();
  ASSERT_TRUE(next<event::BrokerClosed>());
  EXPECT_EQ(next<event::Settled>()->batch, 1u);  // would have gone by
  EXPECT_TRUE(mood.wasAsked("acknowledge")) << "alone, once the store is open again";
  EXPECT_EQ(left(), 3u);
}

// Whether it acknowledges alone or together with the next lease depends on what it hears first.
TEST_F(FeederTest, SettlesAndLeasesInTurnUntilNothingIsLeft) {
  push({"a", "b", "c", "d", "e", "f", "g", "h"});
  start();
  for (std::uint64_t seen = 0; seen < 8; ++seen) {
    feeder->setRoom(1, seen);
    const auto leased = next<event::Leased>();
    ASSERT_TRUE(leased && leased->tasks.size() == 1) << seen;
    feeder->settle(batchOf(leased->tasks.front(), "x"));
  }
  EXPECT_TRUE(waitUntil([&] { return left() == 0; })) << left();
}

TEST_F(FeederTest, OpensAStoreThatIsDownAtFirstOnceItIsThere) {
  mood.down = true;
  start();
  ASSERT_TRUE(refuses(mood));
  mood.down = false;
  EXPECT_TRUE(next<event::BrokerOpened>());
}

TEST_F(FeederTest, KeepsBatchesUntilTheStoreIsBackAndGoesOnInItsSession) {
  const auto tasks = lease({"a", "b"});
  mood.down = true;
  feeder->settle(batchOf(tasks.at(0), "a"));
  feeder->settle(batchOf(tasks.at(1), "b"));
  ASSERT_TRUE(next<event::BrokerClosed>());
  EXPECT_FALSE(hasCome<event::Settled>());
  EXPECT_EQ(queue->counts().leased, 2u);

  mood.down = false;
  EXPECT_EQ(next<event::BrokerOpened>()->epoch, 1u);
  EXPECT_EQ(next<event::Settled>()->batch, 1u);
  EXPECT_EQ(next<event::Settled>()->batch, 2u);
  EXPECT_EQ(left(), 0u);
}

TEST_F(FeederTest, SaysOfEachBatchThatItWaitsForAStoreThatIsAway) {
  const auto tasks = lease({"a", "b"});
  mood.down = true;
  feeder->settle(batchOf(tasks.at(0), "a"));
  EXPECT_EQ(next<event::StoreUnavailable>()->batch, 1u);
  feeder->settle(batchOf(tasks.at(1), "b"));  // comes while it is away
  while (next<event::StoreUnavailable>()->batch != 2) {
  }
  mood.down = false;
  EXPECT_EQ(next<event::Settled>()->batch, 1u);
}

TEST_F(FeederTest, SaysOfABatchThatItWaitsForAStoreThatIsAwayFromTheStart) {
  const auto tasks = lease({"a"});
  mood.down = true;
  feeder.reset();
  start();
  feeder->settle(batchOf(tasks.at(0), "a"));
  EXPECT_EQ(next<event::StoreUnavailable>()->batch, 1u);
}

// Nobody has claimed it: a late renewal keeps it, if it comes before we look for the dead ourselves.
TEST_F(FeederTest, ProlongsItsSessionThatExpiredWhileTheStoreWasAwayBeforeItLooksForDeadOnes) {
  lease({"a"});
  mood.down = true;
  feeder->count();
  ASSERT_TRUE(next<event::BrokerClosed>());
  queue->endTimeOf(instance);
  mood.down = false;
  EXPECT_EQ(next<event::BrokerOpened>()->epoch, 1u);
  const auto held = next<event::Held>();  // comes after the search
  EXPECT_EQ(held->epoch, 1u);
  EXPECT_EQ(held->tasks.size(), 1u);
}

TEST_F(FeederTest, DoesNotTakeASessionForItsOwnForALeaseUntilItIsRenewed) {
  lease({"a"});
  const auto ends = page.brokers[0].leaseEndsBoot.load();
  mood.down = true;
  feeder->count();
  ASSERT_TRUE(next<event::BrokerClosed>());
  mood.refuses = "renew";
  mood.down = false;
  ASSERT_TRUE(refuses(mood));
  ASSERT_TRUE(refuses(mood));
  EXPECT_EQ(page.brokers[0].leaseEndsBoot.load(), ends);
}

// Brokers whose emptiness is not known keep a place for their tasks: without this the others would wait for ever.
TEST_F(FeederTest, SaysAgainThatItsQueueIsEmptyOnceItsStoreIsBack) {
  start();
  ASSERT_TRUE(next<event::BrokerOpened>());
  feeder->setRoom(4, 0);
  ASSERT_TRUE(next<event::Leased>()->nothingMoreDue);
  mood.down = true;
  ASSERT_TRUE(next<event::BrokerClosed>());
  mood.down = false;
  ASSERT_TRUE(next<event::BrokerOpened>());
  EXPECT_TRUE(next<event::Leased>()->nothingMoreDue);
}

// Faults B10: an evening of "server is full" must not be one of ten thousand requests a second.
TEST_F(FeederTest, RestsWhenAStoreOpensEachTimeAndRefusesTheSameEachTime) {
  const auto tasks = lease({"a"});
  mood.refuses = "acknowledge";
  const auto began = systemClock().bootTime();
  feeder->settle(batchOf(tasks.at(0), "a"));
  ASSERT_TRUE(waitUntil([&] { return mood.refused == 4; }));
  EXPECT_GE(systemClock().bootTime() - began, 1s) << "halves of 1 s and 2 s, the first time at once";

  mood.refuses = "";
  EXPECT_EQ(next<event::Settled>()->batch, 1u);
}

// A store may refuse what is asked now and then, and do well in between.
TEST_F(FeederTest, RestsLongerEachTimeWhenAStoreFailsAgainSoonAfterAGoodTurn) {
  mood.refuses = "count";
  const auto began = systemClock().bootTime();
  start();
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(next<event::BrokerOpened>());
    feeder->count();
    ASSERT_TRUE(next<event::BrokerClosed>());
  }
  ASSERT_TRUE(next<event::BrokerOpened>());
  EXPECT_GE(systemClock().bootTime() - began, 1s) << "halves of 1 s, 2 s and 4 s, the first time at once";
}

TEST_F(FeederTest, LogsWhatItsStoresWarnOfOnceHoweverOftenTheyAreOpened) {
  const auto read = openLog();
  mood.warnings = {"it forgets"};
  storageMood.warnings = {"it is old"};
  start({metaSeat()});
  ASSERT_TRUE(next<event::BrokerOpened>());
  mood.down = true;
  feeder->count();
  ASSERT_TRUE(next<event::BrokerClosed>());
  mood.down = false;
  ASSERT_TRUE(next<event::BrokerOpened>());
  EXPECT_EQ(timesIn(read(), "WARN (4): broker broker: it forgets"), 1);
  EXPECT_EQ(timesIn(read(), "WARN (4): meta storage records: it is old"), 1);
}

TEST_F(FeederTest, SettlesOnceWhatWasDoneWithoutAnAnswer) {
  const auto tasks = lease({"a"});
  mood.cutAnswers = true;
  feeder->settle(batchOf(tasks.at(0), "a"));
  ASSERT_TRUE(waitUntil([&] { return left() == 0; }));
  mood.cutAnswers = false;
  EXPECT_EQ(next<event::Settled>()->batch, 1u);
  EXPECT_TRUE(next<event::Held>());
  EXPECT_FALSE(hasCome<event::Settled>());
}

TEST_F(FeederTest, NamesWhatWasLeasedWithoutAnAnswerAsHeld) {
  start();
  ASSERT_TRUE(next<event::Held>());
  mood.cutAnswers = true;
  push({"a"});
  feeder->setRoom(1, 0);
  ASSERT_TRUE(waitUntil([&] { return queue->counts().leased == 1; }));
  feeder->setRoom(0, 0);
  mood.cutAnswers = false;
  const auto isHeld = [&] { return next<event::Held>()->tasks.size() == 1; };
  EXPECT_TRUE(isHeld() || isHeld());  // the first may have been asked before the lease
}

TEST_F(FeederTest, ALostSessionIsClosedBeforeTheNextEpochIsOpened) {
  push({"a"});
  start();
  ASSERT_EQ(next<event::BrokerOpened>()->epoch, 1u);
  claim();
  feeder->setRoom(1, 0);
  ASSERT_TRUE(next<event::BrokerClosed>());
  EXPECT_EQ(next<event::BrokerOpened>()->epoch, 2u);
  EXPECT_EQ(page.brokers[0].epoch, 2u);
  const auto leased = next<event::Leased>();
  EXPECT_EQ(leased->epoch, 2u);
  EXPECT_EQ(leased->tasks.size(), 1u);
}

TEST_F(FeederTest, NothingIsRecordedOrDoneToTheTasksOfALostEpoch) {
  const auto tasks = lease({"a"}, {metaSeat()});
  feeder->setRoom(0, 1);
  claim();
  feeder->count();  // a turn, so that it notices
  feeder->setRoom(1, 1);
  ASSERT_EQ(next<event::BrokerOpened>()->epoch, 2u);
  const auto again = next<event::Leased>();
  ASSERT_EQ(again->tasks.size(), 1u);

  feeder->settle(batchOf(tasks.at(0), "a", 1));
  EXPECT_EQ(next<event::Settled>()->batch, 1u) << "so that its cells become free";
  EXPECT_FALSE(isRecorded("a"));
  EXPECT_EQ(queue->find("a")->state, TaskState::Leased);
  EXPECT_EQ(queue->find("a")->counters.expiries, 1u);
}

TEST_F(FeederTest, SavesTheRecordsBesideItsBrokerBeforeItAcknowledges) {
  const auto tasks = lease({"a"}, {metaSeat()});
  storageMood.down = true;
  feeder->settle(batchOf(tasks.at(0), "a"));
  ASSERT_TRUE(refuses(storageMood));
  EXPECT_FALSE(mood.wasAsked("acknowledge"));
  EXPECT_FALSE(hasCome<event::Settled>());

  storageMood.down = false;
  EXPECT_EQ(next<event::Settled>()->batch, 1u);
  EXPECT_TRUE(isRecorded("a"));
  EXPECT_EQ(left(), 0u);
}

TEST_F(FeederTest, AClosedFeederHasSettledGivenBackAndLeavesNothing) {
  const auto tasks = lease({"a", "b"});
  feeder->settle(batchOf(tasks.at(0), "a"));
  feeder->close();
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_FALSE(feeder->leftToExpire());
  EXPECT_EQ(queue->counts(), (TaskCounts{.due = 1}));
  EXPECT_EQ(queue->find("b")->counters, Counters{});
}

TEST_F(FeederTest, AStoreThatStaysDownKeepsItFromClosingOnlyForSoLongAndTheRestExpires) {
  const auto tasks = lease({"a", "b"});
  mood.down = true;
  feeder->settle(batchOf(tasks.at(0), "a"));
  ASSERT_TRUE(next<event::BrokerClosed>());
  feeder->settle(batchOf(tasks.at(1), "b"));  // comes while it is down
  const auto asked = systemClock().bootTime();
  feeder->close();
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_GE(systemClock().bootTime() - asked, 300ms);
  EXPECT_TRUE(feeder->leftToExpire());
  EXPECT_EQ(next<event::Settled>()->batch, 1u) << "nobody waits for it any more";
  EXPECT_EQ(next<event::Settled>()->batch, 2u);
  EXPECT_EQ(queue->counts().leased, 2u);
}

TEST_F(FeederTest, AStoreThatWasWaitedForLongEnoughGetsOneMoreTry) {
  const auto tasks = lease({"a"});
  mood.down = true;
  feeder->settle(batchOf(tasks.at(0), "a"));
  ASSERT_TRUE(next<event::BrokerClosed>());
  feeder->close(false);
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_TRUE(feeder->leftToExpire());
  EXPECT_TRUE(next<event::Settled>());
}

TEST_F(FeederTest, ACloseThatIsRefusedEachTimeIsTriedAFewTimesAndThenGivenUp) {
  const auto read = openLog();
  mood.refuses = "close";
  mood.code = ErrorCode::Invalid;
  lease({"a"});
  feeder->close();
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_TRUE(feeder->leftToExpire());
  EXPECT_LE(std::ranges::count(mood.journal(), "close"), 6) << "at once, and then each 200 ms";
  EXPECT_EQ(timesIn(read(), "not available, trying again: on purpose"), 1);
  EXPECT_EQ(timesIn(read(), "cannot be told of the end"), 1);
}

TEST_F(FeederTest, AStoreThatIsBackInTimeIsClosedProperly) {
  const auto tasks = lease({"a"});
  mood.down = true;
  feeder->settle(batchOf(tasks.at(0), "a"));
  feeder->close();
  ASSERT_TRUE(refuses(mood));
  mood.down = false;
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_FALSE(feeder->leftToExpire());
  EXPECT_EQ(left(), 0u);
}

TEST_F(FeederTest, LeavesABrokerOnlyOnceItIsToldHoweverLongThatTakes) {
  const auto tasks = lease({"a", "b"});
  ASSERT_EQ(tasks.size(), 2u);
  mood.down = true;
  feeder->settle(batchOf(tasks[0], "a"));
  feeder->leave();
  const auto until = systemClock().bootTime() + 400ms;  // longer than a stop would wait
  ASSERT_TRUE(waitUntil([&] { return systemClock().bootTime() > until; }));
  EXPECT_FALSE(feeder->hasClosed());
  mood.down = false;
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_FALSE(feeder->leftToExpire());
  EXPECT_EQ(queue->counts().due, 1u) << "what it still held is given back";
  EXPECT_EQ(left(), 1u);
}

TEST_F(FeederTest, NeverSpendsAnEpochThatAnotherLineMayHaveSpent) {
  page.brokers[0].spentElsewhere = 7;
  start();
  EXPECT_EQ(next<event::BrokerOpened>()->epoch, 8u);
}

TEST_F(FeederTest, AStoreThatCanNeverBeUsedIsSaidOnceAndTheThreadEnds) {
  unusable = Error(ErrorCode::Invalid, "no such place");
  start();
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_EQ(saidUnusable, 1);
}

TEST_F(FeederTest, GivesBackWhatInstancesThatAreGoneHeld) {
  push({"a"});
  const auto session = queue->open({std::string(32, 'b'), 1}, {}, 60s);
  ASSERT_EQ(queue->lease(*session, 1)->size(), 1u);
  queue->endTimeOf(std::string(32, 'b'));
  start();
  feeder->setRoom(1, 0);
  const auto leased = next<event::Leased>();
  EXPECT_EQ(leased->tasks.at(0).counters.expiries, 1u);
}

}  // namespace
}  // namespace leptir
