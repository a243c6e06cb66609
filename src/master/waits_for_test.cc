#include "master/waits_for.h"

#include <gtest/gtest.h>

namespace leptir::master {
namespace {

TEST(WaitsFor, AnInstanceThatIsReadyWaitsForNothing) {
  EXPECT_EQ(stateOf({}), link::InstanceState::Running);
  EXPECT_EQ(waitsFor({}), "");
}

TEST(WaitsFor, NamesTheBrokersWithoutASession) {
  EXPECT_EQ(stateOf({.brokersWithoutSession = {"main"}}), link::InstanceState::Starting);
  EXPECT_EQ(stateOf({.hasBeenReady = true, .brokersWithoutSession = {"main"}}), link::InstanceState::Waiting);
  EXPECT_EQ(waitsFor({.brokersWithoutSession = {"main"}}), "broker main");
  EXPECT_EQ(waitsFor({.brokersWithoutSession = {"a", "b"}}), "brokers a, b");
  EXPECT_EQ(waitsFor({.brokersWithoutSession = {"a", "b", "c", "d", "e", "f", "g"}}),
            "brokers a, b, c, d, e and 2 others");
}

TEST(WaitsFor, NamesTheProcessThatIsMissing) {
  EXPECT_EQ(waitsFor({.anyWorkerReady = false}), "a worker to become ready");
  EXPECT_EQ(waitsFor({.brokersWithoutSession = {"main"}, .dispatcherWorks = false}),
            "the dispatcher, which makes no progress (the log says why)");
}

TEST(WaitsFor, AnInstanceThatWasDrainedWaitsForAnOrderToResume) {
  EXPECT_EQ(stateOf({.hasBeenReady = true, .drained = true}), link::InstanceState::Waiting);
  EXPECT_EQ(waitsFor({.drained = true}), "an order to resume (it was drained)");
  EXPECT_EQ(waitsFor({.brokersWithoutSession = {"main"}, .drained = true}), "broker main");
}

TEST(WaitsFor, CountsTheTasksThatAStopWaitsFor) {
  EXPECT_EQ(stateOf({.stopping = true}), link::InstanceState::Stopping);
  EXPECT_EQ(waitsFor({.stopping = true, .runningTasks = 1}), "1 running task");
  EXPECT_EQ(waitsFor({.stopping = true, .brokersWithoutSession = {"main"}, .runningTasks = 2}), "2 running tasks");
  EXPECT_EQ(waitsFor({.stopping = true}), "the last results to be stored");
}

}  // namespace
}  // namespace leptir::master
