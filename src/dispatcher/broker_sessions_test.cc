#include "dispatcher/broker_sessions.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace leptir::dispatcher {
namespace {

TEST(BrokerSessions, OrdersTheConfiguredBrokersByTheirPriorityIndex) {
  const std::vector<BrokerSettings> settings{
      {.priority = 5}, {.priority = 0, .detaching = true}, {.priority = 2}, {.priority = 5}};
  EXPECT_EQ(BrokerSessions(settings).byPriority(), (std::vector<std::uint32_t>{2, 0, 3}));
}

TEST(BrokerSessions, TellsANewEpochFromAResumedSession) {
  const std::vector<BrokerSettings> settings(1);
  BrokerSessions sessions(settings);
  EXPECT_TRUE(sessions.open(0, 1));
  sessions.close(0);
  EXPECT_FALSE(sessions.isOpen(0, 1));
  EXPECT_FALSE(sessions.isOfOldEpoch({.broker = 0, .epoch = 1})) << "it may be resumed";
  EXPECT_FALSE(sessions.open(0, 1));
  EXPECT_TRUE(sessions.open(0, 2));
  EXPECT_TRUE(sessions.isOfOldEpoch({.broker = 0, .epoch = 1}));
}

TEST(BrokerSessions, HasABitForEachOfTheMostBrokers) {
  const std::vector<BrokerSettings> settings(base::kMaxBrokers);
  BrokerSessions sessions(settings);
  EXPECT_EQ(sessions.maskWithoutSession(), ~std::uint64_t{0});
  for (std::uint32_t broker = 0; broker < sessions.count() - 1; ++broker) sessions.open(broker, 1);
  EXPECT_EQ(sessions.maskWithoutSession(), std::uint64_t{1} << 63);
}

TEST(BrokerSessions, DetachesABrokerOnceAlthoughItsFeederOpensItAgain) {
  const std::vector<BrokerSettings> settings{{.name = "old", .detaching = true}};
  BrokerSessions sessions(settings);
  Step step;
  EXPECT_FALSE(sessions.isToBeDetached(0));
  sessions.open(0, 1);
  EXPECT_TRUE(sessions.isToBeDetached(0));
  sessions.detach(0, step);
  sessions.open(0, 1);
  EXPECT_FALSE(sessions.isToBeDetached(0));
  EXPECT_EQ(step.actions.brokersToDetach, std::vector<std::uint32_t>{0});
}

}  // namespace
}  // namespace leptir::dispatcher
