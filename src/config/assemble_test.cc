#include "config/assemble.h"

#include <gtest/gtest.h>

#include "config/defaults.h"

namespace leptir {
namespace {

TEST(Assemble, RefusesATypeThatThisBuildDoesNotHave) {
  Config config;
  config.brokers.push_back({.name = "far", .type = "rabbit", .connection = Json::object()});
  EXPECT_EQ(openBroker(config).error().code(), ErrorCode::Unsupported);
  EXPECT_EQ(Stores(config).brokerSeats()[0].open().error().code(), ErrorCode::Unsupported);
}

TEST(Assemble, OneMemoryBrokerIsOneStoreForAllSeats) {
  Config config;
  config.brokers.push_back({.name = "m", .type = "memory", .connection = Json{{"name", "default"}}});
  const auto seats = Stores(config).brokerSeats();
  const auto first = seats[0].open();
  const auto second = seats[0].open();
  ASSERT_TRUE((*first)->pushBrokerTasks(std::vector<BrokerTask>{{.id = "1", .name = "noop"}}));
  EXPECT_EQ((*second)->tasksCount()->due, 1u);
}

TEST(Assemble, SaysWhatToDoWithoutADefaultStore) {
  const auto broker = defaultBroker(Backends({}));
  ASSERT_FALSE(broker);
  EXPECT_EQ(broker.error().code(), ErrorCode::Unsupported);
  EXPECT_EQ(broker.error().message(), "this build has no SQLite: write a configuration that names its brokers");
}

}  // namespace
}  // namespace leptir
