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

}  // namespace
}  // namespace leptir::dispatcher
