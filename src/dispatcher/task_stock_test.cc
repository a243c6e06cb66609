#include "dispatcher/task_stock.h"

#include <gtest/gtest.h>

namespace leptir::dispatcher {
namespace {

class TaskStockTest : public ::testing::Test {
 protected:
  static StockedTask stocked(const std::string& envelope) { return {.task = {}, .envelope = envelope, .since = {}}; }
  std::vector<std::string> takeAll() {
    std::vector<std::string> envelopes;
    for (auto& task : stock.takeAll(0)) envelopes.push_back(task.envelope);
    return envelopes;
  }

  TaskStock stock{1};
};

TEST_F(TaskStockTest, TakesOutTheTasksThatThePredicateNamesAndKeepsTheOrderOfTheOthers) {
  for (const auto* envelope : {"a", "b", "c", "d", "e"}) stock.add(stocked(envelope));
  std::vector<StockedTask> taken;
  stock.takeIf(0, [&](StockedTask& task) {
    if (task.envelope != "a" && task.envelope != "d") return false;
    taken.push_back(std::move(task));
    return true;
  });
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken[1].envelope, "d");
  EXPECT_EQ(takeAll(), (std::vector<std::string>{"b", "c", "e"}));
}

TEST_F(TaskStockTest, ATaskThatWasAssignedBeforeGoesFirst) {
  stock.add(stocked("new"));
  stock.addFirst(stocked("old"));
  EXPECT_EQ(takeAll(), (std::vector<std::string>{"old", "new"}));
}

TEST_F(TaskStockTest, ForgetsTheTasksOfAClosedBrokerButNotItsDeliveries) {
  stock.noteOpened(0);
  stock.noteDelivery(0, 2);
  stock.add(stocked("a"));
  stock.noteClosed(0);
  EXPECT_TRUE(stock.isEmpty());
  EXPECT_FALSE(stock.mayHaveMore(0));
  EXPECT_EQ(stock.deliveredTasks(0), 2u);
}

}  // namespace
}  // namespace leptir::dispatcher
