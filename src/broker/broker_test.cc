// To which store Broker pushes a task, and what its error says when a push fails.
#include <gmock/gmock.h>

#include <thread>

#include "broker/broker_fixture.h"

namespace leptir::broker {
namespace {

using ::testing::HasSubstr;

TEST(Broker, PushesToTheFirstBrokerWhosePriorityIndexIsHighEnough) {
  Brokers of({5, 1, 2});  // in any order
  ASSERT_TRUE(of.broker->pushTask(task("low", {.priority = -1})));
  ASSERT_TRUE(of.broker->pushTask(task("middle", {.priority = 2})));
  ASSERT_TRUE(of.broker->pushTask(task("high", {.priority = 99})));
  EXPECT_EQ(of.stores[1]->pushed.at(0).name, "low");
  EXPECT_EQ(of.stores[2]->pushed.at(0).name, "middle");
  EXPECT_EQ(of.stores[0]->pushed.at(0).name, "high");
}

TEST(Broker, PushesToABrokerByItsNameWhateverThePriority) {
  Brokers of({1, 2});
  ASSERT_TRUE(of.broker->pushTask(task("x", {.priority = 1, .broker = "b"})));
  EXPECT_EQ(of.stores[1]->pushed.size(), 1u);
}

TEST(Broker, RefusesAnUnknownBrokerName) {
  Brokers of({1});
  const auto answer = of.broker->pushTask(task("x", {.broker = "nowhere"}));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(answer.error().message(), HasSubstr("'nowhere'"));
}

TEST(Broker, RefusesToPushWithoutAnyBroker) {
  Broker none({});
  EXPECT_EQ(none.pushTask(task("x")).error().code(), ErrorCode::Invalid);
}

TEST(Broker, KeepsTheIdThatTheCallerChose) {
  Brokers of({0});
  EXPECT_EQ(of.broker->pushTask(task("x", {.id = "mine"})).value(), "mine");
}

TEST(Broker, PushesTheTasksOfEachStoreInOneOperation) {
  Brokers of({1, 2});
  const std::vector<TaskToPush> tasks{task("p", {.priority = 1}), task("q", {.priority = 2}),
                                      task("r", {.priority = 1})};
  const auto ids = of.broker->pushTasks(tasks);
  ASSERT_TRUE(ids);
  EXPECT_EQ(of.stores[0]->pushes, 1);
  EXPECT_EQ(of.stores[1]->pushes, 1);
  EXPECT_EQ(ids->at(0), of.stores[0]->pushed.at(0).id);
  EXPECT_EQ(ids->at(1), of.stores[1]->pushed.at(0).id);
  EXPECT_EQ(ids->at(2), of.stores[0]->pushed.at(1).id);
}

TEST(Broker, ChecksAllTasksBeforePushingTheFirst) {
  Brokers of({1, 2});
  const std::vector<TaskToPush> tasks{task("fine", {.priority = 1}), task("", {.priority = 2})};
  EXPECT_EQ(of.broker->pushTasks(tasks).error().code(), ErrorCode::Invalid);
  EXPECT_EQ(of.stores[0]->pushes, 0);
}

TEST(Broker, NamesTheIdsThatMayNotHaveBeenAdded) {
  Brokers of({1, 2});
  of.stores[0]->down = true;
  const std::vector<TaskToPush> tasks{task("p", {.priority = 1, .id = "lost-1"}),
                                      task("q", {.priority = 2, .id = "kept"}),
                                      task("r", {.priority = 1, .id = "lost-2"})};
  const auto answer = of.broker->pushTasks(tasks);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::Unavailable);
  EXPECT_EQ(answer.error().message(),
            "broker a: connection refused; these tasks may not have been added: lost-1, lost-2");
  EXPECT_EQ(of.stores[1]->pushed.size(), 1u);
}

TEST(Broker, NamesTenIdsOfABulkPushThatFailedAndCountsTheOthers) {
  Brokers of({1});
  of.stores[0]->down = true;
  const auto answer = of.broker->pushTasks(std::vector<TaskToPush>(1000, task("p")));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message(), HasSubstr(" and 990 more (1000 in all)"));
  EXPECT_LT(answer.error().message().size(), 600u);
}

TEST(Broker, TakesPushesFromSeveralThreads) {
  Brokers of({0});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 250; ++i) EXPECT_TRUE(of.broker->pushTask(task("x")));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(of.stores[0]->pushed.size(), 1000u);
}

TEST(Broker, AddsNoTaskOfAListWhenOneOfItsStoresCannotBeOpened) {
  Brokers of({0, 1});
  of.refused = of.stores[1];
  const std::vector<TaskToPush> tasks{task("x", {.broker = "a"}), task("y", {.broker = "b"})};
  EXPECT_EQ(of.broker->pushTasks(tasks).error().code(), ErrorCode::Unavailable);
  EXPECT_TRUE(of.stores[0]->pushed.empty());
}

}  // namespace
}  // namespace leptir::broker
