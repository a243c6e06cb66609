// RedisBackend on a real server: configuration, errors at opening, warnings.
#include "backends/redis/redis_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/redis_address_support.h"
#include "tests/support/redis_server.h"

namespace leptir::redis {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

class RedisBackendTest : public testing::Test {
 protected:
  Json connectionWith(const std::string& key, Json more = Json::object()) {
    Json given = server.connection();
    given.update(more);
    given["key"] = key;
    if (!given.contains("layout")) given["layout"] = "plain";
    return redisConnectionOf(given);
  }
  Json toQueue(Json more = Json::object()) { return connectionWith("leptir:ztasks", std::move(more)); }
  Json toRecords(Json more = Json::object()) { return connectionWith("leptir:taskinfo", std::move(more)); }

  Error brokerError(const Json& connection) {
    const auto opened = backend.openBroker(connection, BrokerUse::Dispatch);
    return opened ? Error(ErrorCode::Internal, "it went well") : opened.error();
  }

  std::int64_t clients() {
    const auto list = server.ask({"CLIENT", "LIST", "TYPE", "normal"}).get<std::string>();
    return std::count(list.begin(), list.end(), '\n') - 1;  // without the client that asks
  }

  RedisServer& server = sharedRedisServer();
  RedisBackend backend;
};

TEST_F(RedisBackendTest, HasPhpLeptirsDefaults) {
  const auto defaultOf = [](std::span<const ConfigKey> keys, std::string_view name) {
    return std::find_if(keys.begin(), keys.end(), [&](const ConfigKey& key) { return key.name == name; })->defaultValue;
  };
  EXPECT_EQ(defaultOf(backend.brokerConnectionKeys(), "key"), "leptir:ztasks");
  EXPECT_EQ(defaultOf(backend.metaConnectionKeys(), "key"), "leptir:taskinfo");
  for (const auto keys : {backend.brokerConnectionKeys(), backend.metaConnectionKeys()}) {
    EXPECT_EQ(defaultOf(keys, "scheme"), "tcp");
    EXPECT_EQ(defaultOf(keys, "host"), "127.0.0.1");
    EXPECT_EQ(defaultOf(keys, "port"), 6379);
    EXPECT_EQ(defaultOf(keys, "database"), 0);
  }
  EXPECT_EQ(backend.defaultExpiry(), std::nullopt) << "PHP leptir's -1";
  EXPECT_EQ(backend.sessionLockFile(toQueue(), std::string(32, 'a')), std::nullopt);
}

TEST_F(RedisBackendTest, RefusesImpossibleValuesAndNamesTheKey) {
  EXPECT_THAT(brokerError(connectionWith("")).message(), HasSubstr("'key'"));
  const auto layout = backend.openMetaStorage(toRecords({{"layout", "round"}}), {});
  EXPECT_EQ(layout.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(layout.error().message(), HasSubstr("plain or hashed"));
  EXPECT_EQ(brokerError(toQueue({{"database", 16}})).code(), ErrorCode::Invalid);
  EXPECT_EQ(brokerError(toQueue({{"password", "geheim"}})).code(), ErrorCode::Invalid);
}

TEST_F(RedisBackendTest, AValueOfAnotherTypeUnderTheQueueKeyIsInvalidAndKept) {
  server.ask({"SET", "leptir:ztasks", "somebody's"});
  const auto error = brokerError(toQueue());
  EXPECT_EQ(error.code(), ErrorCode::Invalid);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("leptir:ztasks"), HasSubstr("choose another 'key'")));
  EXPECT_EQ(server.ask({"GET", "leptir:ztasks"}), "somebody's");
}

TEST_F(RedisBackendTest, AServerThatIsDownIsUnavailable) {
  RedisServer another;
  const auto connection = redisConnectionOf({{"scheme", "unix"}, {"path", another.socket()}, {"key", "k"}});
  another.stop();
  EXPECT_EQ(brokerError(connection).code(), ErrorCode::Unavailable);
}

TEST_F(RedisBackendTest, BrokerAndMetaStorageWarnOfAServerWithoutPersistence) {
  const auto broker = backend.openBroker(toQueue(), BrokerUse::Push);
  ASSERT_TRUE(broker) << broker.error().message();
  EXPECT_THAT((*broker)->traits().warnings, Contains(HasSubstr("keeps nothing on disk")));
  const auto records = backend.openMetaStorage(toRecords(), {});
  ASSERT_TRUE(records) << records.error().message();
  EXPECT_THAT((*records)->traits().warnings, Contains(HasSubstr("keeps nothing on disk")));
}

TEST_F(RedisBackendTest, EachBrokerAndMetaStorageHasItsOwnConnection) {
  EXPECT_EQ(backend.storeLocation(toQueue()), "") << "records are not saved over the broker's connection";
  const auto before = clients();
  const auto broker = backend.openBroker(toQueue(), BrokerUse::Dispatch);
  EXPECT_EQ(clients(), before + 1);
  const auto pusher = backend.openBroker(toQueue(), BrokerUse::Push);
  EXPECT_EQ(clients(), before + 2) << "two brokers may be used by two threads";
  const auto records = backend.openMetaStorage(toRecords(), {});
  EXPECT_EQ(clients(), before + 3) << "and so may a broker and a meta storage of one server";
}

}  // namespace
}  // namespace leptir::redis
