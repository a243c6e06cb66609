#include "backends/mongodb/mongodb_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "backends/mongodb/mongodb_client_fixture.h"

namespace leptir::mongodb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Json defaultsOf(std::span<const ConfigKey> keys) {
  Json all = Json::object();
  for (const auto& key : keys) all[std::string(key.name)] = key.defaultValue;
  return all;
}

TEST(MongodbBackend, HasPhpLeptirsKeysAndDefaults) {
  MongodbBackend backend;
  const auto broker = defaultsOf(backend.brokerConnectionKeys());
  EXPECT_EQ(broker.at("host"), "localhost");
  EXPECT_EQ(broker.at("port"), 27017);
  EXPECT_EQ(broker.at("collection"), "tasks");
  EXPECT_EQ(broker.at("options"), Json::object());
  EXPECT_EQ(mongodbAddress(broker).value().database, "leptir");
  EXPECT_EQ(defaultsOf(backend.metaConnectionKeys()).at("collection"), "info");
  EXPECT_FALSE(backend.defaultExpiry());
}

TEST(MongodbBackend, AConfigurationThatIsWrongIsRefusedBeforeAnythingIsSent) {
  MongodbBackend backend;
  auto connection = defaultsOf(backend.brokerConnectionKeys());
  connection["options"] = {{"replicaset", true}, {"journal", false}};
  const auto broker = backend.openBroker(connection, BrokerUse::Push);
  ASSERT_FALSE(broker);
  EXPECT_EQ(broker.error().code(), ErrorCode::Invalid);
  EXPECT_FALSE(backend.openMetaStorage(connection, {}));
}

TEST(MongodbBackend, AServerThatIsNotThereIsUnavailable) {
  MongodbBackend backend;
  auto connection = defaultsOf(backend.brokerConnectionKeys());
  connection["host"] = "127.0.0.1";
  connection["port"] = 1;
  const auto time = timeOf([&] {
    const auto broker = backend.openBroker(connection, BrokerUse::Dispatch);
    ASSERT_FALSE(broker);
    EXPECT_EQ(broker.error().code(), ErrorCode::Unavailable);
    EXPECT_THAT(broker.error().message(),
                AllOf(HasSubstr("mongodb 127.0.0.1:1: "), HasSubstr("start the server, or correct")));
  });
  EXPECT_LE(time.count(), 5500);
}

TEST(MongodbBackend, OpensBrokersAndMetaStoragesOfOneDatabase) {
  MongodbDatabase database(sharedMongodbServer());
  MongodbBackend backend;
  auto connection = defaultsOf(backend.brokerConnectionKeys());
  connection["uri"] = database.server().uri();
  connection["database"] = database.name();
  const auto broker = backend.openBroker(connection, BrokerUse::Push);
  ASSERT_TRUE(broker) << broker.error().message();
  EXPECT_EQ((*broker)->tasksCount().value(), TaskCounts());
  connection["collection"] = "info";
  const auto storage = backend.openMetaStorage(connection, {});
  EXPECT_TRUE(storage) << storage.error().message();
}

TEST(MongodbBackend, AKilledProcessLeavesNoFileOfCounters) {
  const auto file = "/dev/shm/mongoc-" + std::to_string(::getpid());
  const auto backend = makeBackend();
  EXPECT_FALSE(std::filesystem::exists(file));
}

}  // namespace
}  // namespace leptir::mongodb
