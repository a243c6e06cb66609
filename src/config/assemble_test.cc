#include "config/assemble.h"

#include <gtest/gtest.h>

#include "config/defaults.h"

namespace leptir::config {
namespace {

TEST(Assemble, RefusesATypeThatThisBuildDoesNotHave) {
  Config config;
  config.brokers.push_back({.name = "far", .type = "rabbit", .connection = Json::object()});
  EXPECT_EQ(openBroker(config).error().code(), ErrorCode::Unsupported);
  EXPECT_EQ(Stores(config).brokerFactories()[0].open().error().code(), ErrorCode::Unsupported);
}

TEST(Assemble, AMemoryBrokerThatIsOpenedTwiceIsOneStore) {
  Config config;
  config.brokers.push_back({.name = "m", .type = "memory", .connection = Json{{"name", "default"}}});
  const auto factories = Stores(config).brokerFactories();
  const auto first = factories[0].open();
  const auto second = factories[0].open();
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
}  // namespace leptir::config
