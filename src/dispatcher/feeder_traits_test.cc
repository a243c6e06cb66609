// The feeder on stores that cannot do everything, or that are paid by the request.
#include "dispatcher/feeder_fixture.h"

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
    ASSERT_TRUE(next<event::TasksCounted>());
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
  ASSERT_TRUE(next<event::TasksCounted>());
  const auto counted = systemClock().bootTime();
  feeder->count();
  ASSERT_TRUE(next<event::TasksCounted>()) << "the order is not forgotten";
  EXPECT_GE(systemClock().bootTime() - counted, 900ms);
}

class PaidFeederTest : public FeederTest {
 protected:
  // Starts a feeder of a paid store that waits `gathers` for acknowledgements, and leases `count` tasks.
  std::vector<LeasedTask> leaseFromPaidStore(std::size_t count, Duration gathers) {
    auto factory = brokerFactory();
    factory.open = [this]() -> Result<std::unique_ptr<SimpleBroker>> {
      return std::make_unique<PaidBroker>(std::make_unique<memory::MemoryBroker>(queue), faults);
    };
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < count; ++i) ids.push_back("t" + std::to_string(i));
    push(ids);
    FeederOptions options{.session = {.instance = instance}, .workersActiveSleepTime = gathers};
    feeder = std::make_unique<Feeder>(context, std::move(options), factory, std::vector<meta::MetaStorageFactory>());
    EXPECT_TRUE(next<event::BrokerOpened>());
    feeder->setLeaseCredit(count, 0);
    auto leased = next<event::Leased>();
    return leased ? std::move(leased->tasks) : std::vector<LeasedTask>();
  }
  void settle(const LeasedTask& task) {
    auto batch = batchOf(task, "id");
    batch->records.clear();
    feeder->settle(std::move(batch));
  }
  long acknowledgements() {
    const auto asked = faults.journal();
    return std::ranges::count(asked, "acknowledge") + std::ranges::count(asked, "acknowledgeAndPop");
  }
};

TEST_F(PaidFeederTest, GathersAcknowledgementsUntilTheyFillARequest) {
  const auto tasks = leaseFromPaidStore(12, 1h);
  ASSERT_EQ(tasks.size(), 12u);
  for (std::size_t i = 0; i < 7; ++i) settle(tasks[i]);
  auto full = batchOf(tasks[7], "id");
  full->records.clear();
  full->acknowledge.push_back(tasks[8].lease);
  full->acknowledge.push_back(tasks[9].lease);
  EXPECT_FALSE(waitUntil([&] { return left() < 12; }, 50ms));
  feeder->settle(std::move(full));
  EXPECT_TRUE(waitUntil([&] { return left() == 2; }));
  EXPECT_EQ(acknowledgements(), 1);
}

TEST_F(PaidFeederTest, GathersNoLongerThanTheWorkersActiveSleepTime) {
  const auto tasks = leaseFromPaidStore(3, 20ms);
  ASSERT_EQ(tasks.size(), 3u);
  settle(tasks[0]);
  EXPECT_TRUE(waitUntil([&] { return left() == 2; }));
}

TEST_F(PaidFeederTest, AcknowledgesTheLastLeasedTaskAtOnce) {
  const auto tasks = leaseFromPaidStore(1, 1h);
  ASSERT_EQ(tasks.size(), 1u);
  settle(tasks[0]);
  EXPECT_TRUE(waitUntil([&] { return left() == 0; }));
}

TEST_F(PaidFeederTest, AcknowledgesWhatItHasGatheredBeforeItCloses) {
  const auto tasks = leaseFromPaidStore(2, 1h);
  ASSERT_EQ(tasks.size(), 2u);
  settle(tasks[0]);
  feeder->close();
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_EQ(left(), 1u);
}

}  // namespace
}  // namespace leptir::dispatcher
