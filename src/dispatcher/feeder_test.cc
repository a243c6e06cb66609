// The feeder with a store that fails for a while, loses its session, or never comes back.
#include "dispatcher/feeder.h"

#include "dispatcher/store_thread_fixture.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

// A store that keeps no buried tasks.
class ForgetfulBroker final : public testing::FailingBroker<Faults> {
 public:
  using FailingBroker::FailingBroker;
  BrokerTraits traits() const override { return {.keepsBuried = false}; }
};

// A store that says that its calls have sent 100 requests.
class PaidBroker final : public testing::FailingBroker<Faults> {
 public:
  using FailingBroker::FailingBroker;
  std::optional<StoreRequests> requestsSent() const override { return StoreRequests{.sent = 100, .repeated = 1}; }
};

class FeederTest : public StoreThreadTest {
 protected:
  void start(std::vector<meta::MetaStorageFactory> colocated = {}) {
    FeederOptions options{.session = {.instance = instance}, .closeWithin = 300ms};
    feeder = std::make_unique<Feeder>(context, std::move(options), brokerFactory(), std::move(colocated));
  }

  // Pushes these tasks, starts the feeder and lets it lease as many of them as the lease credit allows.
  std::vector<LeasedTask> lease(const std::vector<std::string>& ids, std::size_t credit,
                                std::vector<meta::MetaStorageFactory> colocated = {}) {
    push(ids);
    start(std::move(colocated));
    EXPECT_TRUE(next<event::BrokerOpened>());
    feeder->setLeaseCredit(credit, 0);
    auto leased = next<event::Leased>();
    return leased ? std::move(leased->tasks) : std::vector<LeasedTask>();
  }

  std::vector<LeasedTask> lease(const std::vector<std::string>& ids,
                                std::vector<meta::MetaStorageFactory> colocated = {}) {
    return lease(ids, ids.size(), std::move(colocated));
  }

  std::shared_ptr<SettleBatch> batchOf(const LeasedTask& task, const std::string& id, std::uint64_t epoch = 1) {
    auto batch = std::make_shared<SettleBatch>();
    batch->id = ++lastBatch;
    batch->epoch = epoch;
    batch->acknowledge.push_back(task.lease);
    batch->records.push_back(recordOf(id, task.lease.number));
    return batch;
  }

  // Ends the session of this instance and recovers its tasks, as another instance would.
  void claim() {
    queue->expireSessionsOf(instance);
    queue->recover(1000, {});
  }

  std::uint64_t left() {
    const auto counts = queue->counts();
    return counts.due + counts.scheduled + counts.leased + counts.buried;
  }

  const std::string instance = std::string(32, 'a');
  std::uint64_t lastBatch = 0;
  std::unique_ptr<Feeder> feeder;  // last: its thread uses all other members
};

TEST_F(FeederTest, LeasesNoMoreThanItsCreditWhichEarlierDeliveriesUseUp) {
  push({"a", "b", "c"});
  start();
  feeder->setLeaseCredit(2, 0);
  EXPECT_EQ(next<event::Leased>()->tasks.size(), 2u);
  feeder->setLeaseCredit(2, 0);  // sent before the core knew of the two tasks
  feeder->count();
  EXPECT_EQ(next<event::Counted>()->counts, (TaskCounts{.due = 1, .leased = 2}));
  feeder->setLeaseCredit(1, 2);
  EXPECT_EQ(next<event::Leased>()->tasks.size(), 1u);
}

TEST_F(FeederTest, ALeaseThatEndedAtItsLimitOfBytesDoesNotSayThatNothingMoreIsDue) {
  std::vector<EncodedTask> tasks;
  for (const auto* id : {"a", "b", "c", "d", "e"}) {
    BrokerTask task{.id = id, .name = "noop"};
    task.parameters = "[\"" + std::string(kMaxEnvelopeBytes - 1024, 'x') + "\"]";
    tasks.push_back(EncodedTask::encode(task).value());
  }
  ASSERT_TRUE(queue->push(tasks));
  start();
  feeder->setLeaseCredit(10, 0);
  const auto large = next<event::Leased>();
  ASSERT_EQ(large->tasks.size(), 5u);
  EXPECT_FALSE(large->nothingMoreDue);
  EXPECT_TRUE(next<event::Leased>()->nothingMoreDue) << "the next lease is empty";
}

// A broker that has buried one member by itself.
class BuryingBroker final : public testing::FailingBroker<Faults> {
 public:
  using FailingBroker::FailingBroker;
  std::vector<StoreBurial> takeBurials() override { return std::exchange(burials_, {}); }

 private:
  std::vector<StoreBurial> burials_{{"too-large.1", "too large"}};
};

TEST_F(FeederTest, TellsOnceWhatItsStoreHasBuriedByItself) {
  auto factory = brokerFactory();
  factory.open = [this]() -> Result<std::unique_ptr<SimpleBroker>> {
    return std::make_unique<BuryingBroker>(std::make_unique<memory::MemoryBroker>(queue), faults);
  };
  feeder = std::make_unique<Feeder>(context, FeederOptions{.session = {.instance = instance}}, std::move(factory),
                                    std::vector<meta::MetaStorageFactory>());
  const auto buried = next<event::BuriedByStore>();
  ASSERT_EQ(buried->burials.size(), 1u);
  EXPECT_EQ(buried->burials[0].id, "too-large.1");
  push({"a"});
  feeder->setLeaseCredit(1, 0);
  EXPECT_TRUE(next<event::Leased>());
  EXPECT_FALSE(hasEventCome<event::BuriedByStore>());
}

// A task that counts as due but that no lease can take must not keep a processor busy.
TEST_F(FeederTest, APopThatReturnsNothingAtOnceIsFollowedByAPause) {
  constexpr int kPops = 20;
  faults.popReturnsAtOnce = true;
  const auto begin = systemClock().bootTime();
  start();
  feeder->setLeaseCredit(1, 0);
  ASSERT_TRUE(waitUntil([&] { return std::ranges::count(faults.journal(), "pop") >= kPops; }));
  EXPECT_GE(systemClock().bootTime() - begin, (kPops - 1) * 10ms);
}

// The feeder is in a lease call when a batch to settle and new lease credit arrive.
class BusyFeederTest : public FeederTest {
 protected:
  void giveBothAtOnce() {
    const auto first = lease({"a", "b", "c", "d"}, 1);
    const auto asked = faults.journal().size();
    faults.holds = "pop";
    feeder->setLeaseCredit(1, 1);
    ASSERT_TRUE(waitUntil([&] { return faults.journal().size() > asked && faults.journal().back() == "pop"; }));
    feeder->settle(batchOf(first.at(0), "a"));
    feeder->setLeaseCredit(3, 1);
    faults.holds = "";
    EXPECT_EQ(next<event::Leased>()->tasks.size(), 1u);
  }
};

TEST_F(BusyFeederTest, AcknowledgesAndLeasesInOneRequestWhileMoreIsDue) {
  giveBothAtOnce();
  EXPECT_EQ(next<event::Leased>()->tasks.size(), 2u);
  EXPECT_EQ(next<event::BatchSettled>()->batch, 1u);
  EXPECT_TRUE(faults.wasAsked("acknowledge and pop"));
  EXPECT_FALSE(faults.wasAsked("acknowledge"));
  EXPECT_EQ(left(), 3u);
}

TEST_F(BusyFeederTest, ReportsNoBatchAsSettledWhoseAcknowledgeAndPopFailed) {
  faults.refuses = "acknowledge and pop";
  giveBothAtOnce();
  ASSERT_TRUE(next<event::BrokerClosed>());
  EXPECT_EQ(next<event::BatchSettled>()->batch, 1u);  // next() would have dropped an earlier one
  EXPECT_TRUE(faults.wasAsked("acknowledge")) << "without a pop, once the store is open again";
  EXPECT_EQ(left(), 3u);
}

// Whether it acknowledges alone or together with the next lease depends on which order arrives first.
TEST_F(FeederTest, SettlesAndLeasesInTurnUntilNothingIsLeft) {
  push({"a", "b", "c", "d", "e", "f", "g", "h"});
  start();
  for (std::uint64_t seen = 0; seen < 8; ++seen) {
    feeder->setLeaseCredit(1, seen);
    const auto leased = next<event::Leased>();
    ASSERT_TRUE(leased && leased->tasks.size() == 1) << seen;
    feeder->settle(batchOf(leased->tasks.front(), "x"));
  }
  EXPECT_TRUE(waitUntil([&] { return left() == 0; })) << left();
}

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

TEST_F(FeederTest, SavesRecordsToAColocatedStorageBeforeItAcknowledges) {
  const auto tasks = lease({"a"}, {storageFactory()});
  storageFaults.down = true;
  feeder->settle(batchOf(tasks.at(0), "a"));
  ASSERT_TRUE(refuses(storageFaults));
  EXPECT_FALSE(faults.wasAsked("acknowledge"));
  EXPECT_FALSE(hasEventCome<event::BatchSettled>());

  storageFaults.down = false;
  EXPECT_EQ(next<event::BatchSettled>()->batch, 1u);
  EXPECT_TRUE(isRecorded("a"));
  EXPECT_EQ(left(), 0u);
}

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

TEST_F(FeederTest, NeverSpendsAnEpochThatAnotherLineOfThePageMayHaveSpent) {
  page.brokers[0].epochsSpentElsewhere = 7;
  start();
  EXPECT_EQ(next<event::BrokerOpened>()->epoch, 8u);
}

TEST_F(FeederTest, AStoreThatCanNeverBeUsedIsReportedOnceAndTheThreadEnds) {
  unusable = Error(ErrorCode::Invalid, "no such place");
  start();
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_EQ(reportedUnusable, 1);
}

TEST_F(FeederTest, AStoreThatCannotDoWhatTheInstanceNeedsIsUnusable) {
  auto factory = brokerFactory();
  FeederOptions options{.session = {.instance = instance, .needs = {.hasStorages = false}}};
  factory.open = [this]() -> Result<std::unique_ptr<SimpleBroker>> {
    return std::make_unique<ForgetfulBroker>(std::make_unique<memory::MemoryBroker>(queue), faults);
  };
  const auto text = openLog();
  feeder = std::make_unique<Feeder>(context, std::move(options), factory, std::vector<meta::MetaStorageFactory>());
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_EQ(reportedUnusable, 1);
  EXPECT_EQ(timesIn(text(), "add a meta_storage"), 1);
}

TEST_F(FeederTest, ABrokerThatIsNoLongerConfiguredIsOpenedWhateverItsStoreCannotDo) {
  auto factory = brokerFactory();
  factory.detaching = true;
  factory.open = [this]() -> Result<std::unique_ptr<SimpleBroker>> {
    return std::make_unique<ForgetfulBroker>(std::make_unique<memory::MemoryBroker>(queue), faults);
  };
  FeederOptions options{.session = {.instance = instance, .needs = {.hasStorages = false}}};
  feeder = std::make_unique<Feeder>(context, std::move(options), factory, std::vector<meta::MetaStorageFactory>());
  EXPECT_TRUE(next<event::BrokerOpened>());
}

TEST_F(FeederTest, CountsTheRequestsToAPaidStoreAlsoWhenItIsOpenedAgain) {
  auto factory = brokerFactory();
  factory.open = [this]() -> Result<std::unique_ptr<SimpleBroker>> {
    return std::make_unique<PaidBroker>(std::make_unique<memory::MemoryBroker>(queue), faults);
  };
  const auto text = openLog();
  feeder = std::make_unique<Feeder>(context, FeederOptions{.session = {.instance = instance}}, factory,
                                    std::vector<meta::MetaStorageFactory>());
  for (int opened = 1; opened <= 2; ++opened) {
    ASSERT_TRUE(next<event::BrokerOpened>());
    feeder->count();
    ASSERT_TRUE(next<event::Counted>());
    const auto sent = 100u * static_cast<unsigned>(opened);
    EXPECT_TRUE(waitUntil([&] { return page.storeRequests.sent == sent; })) << page.storeRequests.sent;
    if (opened == 1) {
      faults.refuses = "count";
      feeder->count();
      ASSERT_TRUE(waitUntil([&] { return faults.refused > 0; }));
      faults.refuses = "";
    }
  }
  feeder->close();
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_EQ(timesIn(text(), "broker: 200 requests sent, 2 of them repeated, 0 throttled"), 1) << text();
}

TEST_F(FeederTest, CountsAPaidStoreOnceASecondAtMost) {
  auto factory = brokerFactory();
  factory.open = [this]() -> Result<std::unique_ptr<SimpleBroker>> {
    return std::make_unique<PaidBroker>(std::make_unique<memory::MemoryBroker>(queue), faults);
  };
  feeder = std::make_unique<Feeder>(context, FeederOptions{.session = {.instance = instance}}, factory,
                                    std::vector<meta::MetaStorageFactory>());
  feeder->count();
  ASSERT_TRUE(next<event::Counted>());
  const auto counted = systemClock().bootTime();
  feeder->count();
  ASSERT_TRUE(next<event::Counted>()) << "the order is not forgotten";
  EXPECT_GE(systemClock().bootTime() - counted, 900ms);
}

TEST_F(FeederTest, RecoversTheTasksOfDeadInstances) {
  push({"a"});
  const auto session = queue->open({std::string(32, 'b'), 1}, {}, 60s);
  ASSERT_EQ(queue->lease(*session, 1)->size(), 1u);
  queue->expireSessionsOf(std::string(32, 'b'));
  start();
  feeder->setLeaseCredit(1, 0);
  const auto leased = next<event::Leased>();
  EXPECT_EQ(leased->tasks.at(0).counters.expiries, 1u);
}

}  // namespace
}  // namespace leptir::dispatcher
