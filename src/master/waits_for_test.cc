#include "master/waits_for.h"

#include <gtest/gtest.h>

namespace leptir {
namespace {

TEST(WaitsFor, AnInstanceThatRunsWaitsForNothing) {
  EXPECT_EQ(stateOf({}), InstanceState::Running);
  EXPECT_EQ(waitsFor({}), "");
}

TEST(WaitsFor, NamesTheBrokersThatAreAway) {
  EXPECT_EQ(stateOf({.brokersAway = {"main"}}), InstanceState::Starting);
  EXPECT_EQ(stateOf({.wasReady = true, .brokersAway = {"main"}}), InstanceState::Waiting);
  EXPECT_EQ(waitsFor({.brokersAway = {"main"}}), "broker main");
  EXPECT_EQ(waitsFor({.brokersAway = {"a", "b"}}), "brokers a, b");
  EXPECT_EQ(waitsFor({.brokersAway = {"a", "b", "c", "d", "e", "f", "g"}}), "brokers a, b, c, d, e and 2 others");
}

TEST(WaitsFor, NamesTheProcessThatIsMissing) {
  EXPECT_EQ(waitsFor({.anyWorkerReady = false}), "a worker to become ready");
  EXPECT_EQ(waitsFor({.brokersAway = {"main"}, .dispatcherWorks = false}),
            "the dispatcher, which makes no progress (the log says why)");
}

TEST(WaitsFor, CountsTheTasksThatAStopWaitsFor) {
  EXPECT_EQ(stateOf({.stopping = true}), InstanceState::Stopping);
  EXPECT_EQ(waitsFor({.stopping = true, .runningTasks = 1}), "1 running task");
  EXPECT_EQ(waitsFor({.stopping = true, .brokersAway = {"main"}, .runningTasks = 2}), "2 running tasks");
  EXPECT_EQ(waitsFor({.stopping = true}), "the last results to be stored");
}

}  // namespace
}  // namespace leptir
