// How the feeder leases tasks and settles them, with a store that works.
#include "dispatcher/feeder_fixture.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

TEST_F(FeederTest, LeasesNoMoreThanItsCreditWhichEarlierDeliveriesUseUp) {
  push({"a", "b", "c"});
  start();
  feeder->setLeaseCredit(2, 0);
  EXPECT_EQ(next<event::Leased>()->tasks.size(), 2u);
  feeder->setLeaseCredit(2, 0);  // sent before the core knew of the two tasks
  feeder->count();
  EXPECT_EQ(next<event::TasksCounted>()->counts, (TaskCounts{.due = 1, .leased = 2}));
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
