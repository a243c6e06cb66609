// What the feeder exchanges with the FleetStore of its broker: pauses, orders and the card of its instance.
#include <gmock/gmock.h>

#include "dispatcher/feeder_fixture.h"
#include "fleet/digest.h"
#include "fleet/order.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class FeederFleetTest : public FeederTest {
 protected:
  void start() {
    FeederTest::start();
    ASSERT_TRUE(next<event::BrokerOpened>());
  }

  void put(const fleet::Pause& pause) { ASSERT_TRUE(store.put(keyOf(pause), textOf(pause), {})); }
  void resume(const std::string& name = {}) { ASSERT_TRUE(store.erase(keyOf(fleet::Pause{.name = name}))); }
  static fleet::Pause pauseOf(const std::string& name) {
    return {.name = name, .by = "ann@host", .since = Time(1'700'000'000s)};
  }

  // Returns the key.
  std::string give(fleet::Order::Kind kind, int workers = 0, std::uint32_t number = 1) {
    const fleet::Order order{
        .kind = kind, .instance = instance, .workers = workers, .by = "ann@host", .at = Time(1'700'000'000s)};
    const auto key = keyOf(order, number);
    EXPECT_TRUE(store.put(key, textOf(order), {}));
    return key;
  }
  link::SharedOrder& shared() { return page.brokers[0].order; }
  link::OrderWord given() { return link::OrderWord::unpack(shared().given); }
  bool isGone(const std::string& key) {
    return waitUntil([&] { return !has(key); });
  }
  // Waits until the feeder has looked for pauses and orders twice more.
  void letItCheck() {
    const auto before = checks();
    EXPECT_TRUE(waitUntil([&] { return checks() >= before + 2; }));
  }
  std::ptrdiff_t checks() const { return std::ranges::count(faults.journal(), "version of texts"); }
  bool has(const std::string& key) { return store.get(key).has_value(); }

  std::optional<fleet::InstanceCard> card() {
    const auto key = "instances/" + instance;
    const auto text = store.get(key);
    return text ? fleet::instanceCardOf({key, *text}) : std::nullopt;
  }
  void setCard(std::uint64_t done) {
    feeder->setCard(std::make_shared<const fleet::InstanceCard>(
        fleet::InstanceCard{.instance = instance, .host = "host", .done = done}));
  }

  FleetStore& store = queue->fleet();
};

TEST_F(FeederFleetTest, AFeederThatStartsWhileItsQueueIsPausedLeasesNothing) {
  put(pauseOf(""));
  push({"a"});
  start();
  feeder->setLeaseCredit(1, 0);
  EXPECT_TRUE(next<event::PausesChanged>()->queue);
  letItCheck();
  EXPECT_FALSE(hasEventCome<event::Leased>());
  EXPECT_FALSE(faults.wasAsked("pop"));
  resume();
  EXPECT_FALSE(next<event::PausesChanged>()->queue);
  EXPECT_EQ(next<event::Leased>()->tasks.size(), 1u);
}

TEST_F(FeederFleetTest, AFeederThatWaitsForTasksSeesAPauseWithinASecond) {
  start();
  feeder->setLeaseCredit(1, 0);
  ASSERT_TRUE(waitUntil([&] { return faults.wasAsked("pop"); }));
  const auto began = systemClock().bootTime();
  put(pauseOf(""));
  EXPECT_TRUE(next<event::PausesChanged>()->queue);
  EXPECT_LT(systemClock().bootTime() - began, 1s);
  push({"a"});
  letItCheck();
  EXPECT_FALSE(hasEventCome<event::Leased>());
}

TEST_F(FeederFleetTest, AFeederWithoutLeaseCreditSeesAPauseWithinASecond) {
  start();
  letItCheck();
  const auto began = systemClock().bootTime();
  put(pauseOf("sendMail"));
  EXPECT_THAT(next<event::PausesChanged>()->names, ElementsAre("sendMail"));
  EXPECT_LT(systemClock().bootTime() - began, 1s);
}

TEST_F(FeederFleetTest, APauseIsToldAndLoggedOnceWithItsUserAndTime) {
  const auto logged = openLog();
  put(pauseOf(""));
  put(pauseOf("sendMail"));
  start();
  const auto changed = next<event::PausesChanged>();
  EXPECT_TRUE(changed->queue);
  EXPECT_THAT(changed->names, ElementsAre("sendMail"));
  put(pauseOf(""));  // the same once more
  letItCheck();
  EXPECT_FALSE(hasEventCome<event::PausesChanged>());
  resume();
  EXPECT_FALSE(next<event::PausesChanged>()->queue);
  const auto text = logged();
  EXPECT_EQ(timesIn(text, "broker broker: ann@host paused the queue at 2023-11-14T22:13:20Z"), 1) << text;
  EXPECT_EQ(timesIn(text, "ann@host paused tasks of the name 'sendMail' at 2023-11-14T22:13:20Z"), 1) << text;
  EXPECT_EQ(timesIn(text, "broker broker: the queue resumed"), 1) << text;
}

TEST_F(FeederFleetTest, APauseStillHoldsAfterTheStoreWasAway) {
  put(pauseOf(""));
  start();
  ASSERT_TRUE(next<event::PausesChanged>());
  faults.down = true;
  feeder->count();
  ASSERT_TRUE(refuses(faults));
  faults.down = false;
  ASSERT_TRUE(next<event::BrokerOpened>());
  push({"a"});
  feeder->setLeaseCredit(1, 0);
  letItCheck();
  EXPECT_FALSE(faults.wasAsked("pop"));
}

TEST_F(FeederFleetTest, AnOrderIsHandedOverToTheMasterAndRemoved) {
  const auto logged = openLog();
  start();
  const auto key = give(fleet::Order::Kind::SetWorkers, 7);
  ASSERT_TRUE(isGone(key));
  EXPECT_EQ(given().kind, link::OrderKind::SetWorkers);
  EXPECT_EQ(given().workers, 7);
  EXPECT_TRUE(has(fleet::keyOfTakenOrder(key))) << "so that its operator can tell it from one that expired";
  EXPECT_EQ(timesIn(logged(), "order of ann@host, given at 2023-11-14T22:13:20Z: set-workers to 7"), 1);
}

TEST_F(FeederFleetTest, EachKindOfOrderReachesTheMasterAsThatKind) {
  start();
  const std::pair<fleet::Order::Kind, link::OrderKind> kinds[] = {
      {fleet::Order::Kind::Stop, link::OrderKind::Stop},     {fleet::Order::Kind::StopNow, link::OrderKind::StopNow},
      {fleet::Order::Kind::Drain, link::OrderKind::Drain},   {fleet::Order::Kind::Resume, link::OrderKind::Resume},
      {fleet::Order::Kind::Reload, link::OrderKind::Reload},
  };
  std::uint32_t number = 0;
  for (const auto& [order, expected] : kinds) {
    ASSERT_TRUE(isGone(give(order, 0, ++number)));
    EXPECT_EQ(given().kind, expected);
    shared().taken = shared().given.load();
  }
}

TEST_F(FeederFleetTest, AnOrderThatAnEarlierDispatcherHandedOverIsOnlyRemoved) {
  const auto logged = openLog();
  const auto key = give(fleet::Order::Kind::Reload);
  shared().given = link::OrderWord{link::OrderKind::Reload, 0, fleet::digestOf(key)}.pack();
  shared().taken = shared().given.load();
  start();
  ASSERT_TRUE(isGone(key));
  EXPECT_EQ(shared().given, shared().taken);
  EXPECT_EQ(timesIn(logged(), "order of"), 0) << logged();
}

TEST_F(FeederFleetTest, TheNextOrderWaitsUntilTheMasterHasTakenTheLastOne) {
  start();
  const auto first = give(fleet::Order::Kind::Drain, 0, 1), second = give(fleet::Order::Kind::Resume, 0, 2);
  ASSERT_TRUE(isGone(first));
  letItCheck();
  EXPECT_TRUE(has(second));
  EXPECT_EQ(given().kind, link::OrderKind::Drain);
  shared().taken = shared().given.load();
  EXPECT_TRUE(isGone(second));
  EXPECT_EQ(given().kind, link::OrderKind::Resume);
}

TEST_F(FeederFleetTest, TextsThatAreNoOrdersAreRemovedAndThoseOfOtherInstancesStay) {
  const auto logged = openLog();
  const auto strange = "orders/" + instance + "/x", others = "orders/" + std::string(32, 'b') + "/x";
  ASSERT_TRUE(store.put(strange, "{\"order\":\"explode\"}", {}));
  ASSERT_TRUE(store.put(others, "{}", {}));
  start();
  EXPECT_TRUE(isGone(strange));
  EXPECT_TRUE(has(others));
  EXPECT_EQ(shared().given, 0u);
  EXPECT_EQ(timesIn(logged(), "does not know is removed: 'orders/"), 1) << logged();
}

TEST_F(FeederFleetTest, TheCardIsPublishedAgainAndAgainAndRemovedAtTheEnd) {
  start();
  setCard(1);
  ASSERT_TRUE(waitUntil([&] { return card().has_value(); }));
  const auto first = *card();
  EXPECT_EQ(first.done, 1u);
  EXPECT_EQ(first.host, "host");
  EXPECT_NE(first.renewed, Time());
  EXPECT_FALSE(first.paused);
  setCard(2);
  put(pauseOf(""));
  ASSERT_TRUE(waitUntil([&] { return card() && card()->paused && card()->done == 2; }));
  EXPECT_GT(card()->written, first.written);
  feeder->close();
  ASSERT_TRUE(waitUntil([&] { return feeder->hasClosed(); }));
  EXPECT_FALSE(has("instances/" + instance));
}

TEST_F(FeederFleetTest, AFleetStoreThatFailsDisturbsNoLeaseAndIsLoggedOnce) {
  const auto logged = openLog();
  faults.refuses = "version of texts";
  start();
  push({"a", "b"});
  for (std::uint64_t seen = 0; seen < 2; ++seen) {
    feeder->setLeaseCredit(1, seen);
    const auto leased = next<event::Leased>();
    ASSERT_TRUE(leased && leased->tasks.size() == 1);
    feeder->settle(batchOf(leased->tasks[0], "x"));
    EXPECT_TRUE(next<event::BatchSettled>());
  }
  letItCheck();
  EXPECT_EQ(timesIn(logged(), "cannot be exchanged"), 1) << logged();
  EXPECT_EQ(timesIn(logged(), "not available"), 0) << logged();
  faults.refuses = "";
  put(pauseOf(""));
  EXPECT_TRUE(next<event::PausesChanged>()->queue);
  EXPECT_TRUE(waitUntil([&] { return timesIn(logged(), "are exchanged again") == 1; })) << logged();
}

}  // namespace
}  // namespace leptir::dispatcher
