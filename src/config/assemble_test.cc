#include "config/assemble.h"

#include <gtest/gtest.h>

#include "config/defaults.h"

namespace leptir::config {
namespace {

TEST(Assemble, RefusesATypeThatNoBackendHas) {
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
  EXPECT_EQ(
      broker.error().message(),
      "without a configuration file tasks are kept in SQLite, but this program has no sqlite backend: link it with "
      "leptir::sqlite (CMake) or leptir-sqlite (pkg-config), or use a leptir that was built with it");
}

}  // namespace
}  // namespace leptir::config
