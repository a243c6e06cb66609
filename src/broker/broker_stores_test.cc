// How Broker opens, counts and locks its stores.
#include <gtest/gtest.h>

#include <thread>

#include "broker/broker_fixture.h"

namespace leptir::broker {
namespace {

using namespace std::chrono_literals;

TEST(Broker, CachesTaskCountsForTheCachingTime) {
  Brokers of({0});
  of.broker->tasksCount();
  ASSERT_TRUE(of.broker->pushTask(task("x")));
  of.clock.advance(199ms);
  EXPECT_EQ(of.broker->tasksCount().at(0).counts->due, 0u);
  of.clock.advance(1ms);
  EXPECT_EQ(of.broker->tasksCount().at(0).counts->due, 1u);
  EXPECT_EQ(of.stores[0]->counted, 2);
}

TEST(Broker, CountsTheOtherBrokersWhenOneIsDown) {
  Brokers of({0, 1});
  of.stores[0]->down = true;
  const auto counted = of.broker->tasksCount();
  EXPECT_FALSE(counted.at(0).counts);
  EXPECT_TRUE(counted.at(1).counts);
  of.stores[0]->down = false;
  EXPECT_TRUE(of.broker->tasksCount().at(0).counts) << "errors are not cached";
}

TEST(Broker, OpensAStoreWhenItIsFirstNeededAndOnlyOnce) {
  Brokers of({0, 1});
  EXPECT_EQ(of.opened, 0);
  ASSERT_TRUE(of.broker->pushTask(task("x", {.broker = "b"})));
  ASSERT_TRUE(of.broker->pushTask(task("y", {.broker = "b"})));
  EXPECT_EQ(of.opened, 1);
}

TEST(Broker, ABrokerThatCannotBeOpenedDoesNotBlockOthersAndIsRetried) {
  Brokers of({0, 1});
  of.refused = of.stores[0];
  ASSERT_TRUE(of.broker->pushTask(task("x", {.broker = "b"})));
  const auto refused = of.broker->pushTask(task("y", {.broker = "a"}));
  EXPECT_EQ(refused.error().code(), ErrorCode::Unavailable) << "the caller has done nothing wrong";
  EXPECT_EQ(refused.error().message(), "broker a: wrong password");
  EXPECT_EQ(of.broker->access(0).error().code(), ErrorCode::Unavailable);
  const auto counted = of.broker->tasksCount();
  EXPECT_FALSE(counted[0].counts);
  EXPECT_EQ(counted[1].counts->due, 1u);
  of.refused = nullptr;
  EXPECT_TRUE(of.broker->pushTask(task("y", {.broker = "a"})));
}

TEST(Broker, ReopensAStoreThatIsNoLongerUsable) {
  std::vector<RecordingBroker*> opened;
  Broker broker({{"a", "noting", 0, 200ms, [&]() -> Result<std::unique_ptr<SimpleBroker>> {
                    auto store = std::make_unique<RecordingBroker>();
                    opened.push_back(store.get());
                    return store;
                  }}});
  ASSERT_TRUE(broker.pushTask(TaskToPush{"t"}));
  opened[0]->down = opened[0]->broken = true;
  ASSERT_TRUE(broker.pushTask(TaskToPush{"t"}));
  ASSERT_TRUE(broker.pushTask(TaskToPush{"t"}));
  ASSERT_EQ(opened.size(), 2u);
  EXPECT_EQ(opened[1]->pushes, 2);
}

TEST(Broker, HoldsTheLockOfAStoreWhileItsAccessLives) {
  Brokers of({0});
  std::optional<Broker::Access> access(of.broker->access(0).value());
  std::thread pusher([&] { EXPECT_TRUE(of.broker->pushTask(task("x"))); });
  EXPECT_EQ((*access)->tasksCount()->due, 0u);
  access.reset();
  pusher.join();
  EXPECT_EQ(of.stores[0]->pushed.size(), 1u);
}

}  // namespace
}  // namespace leptir::broker
