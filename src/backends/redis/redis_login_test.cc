// Users, passwords and databases on real servers.
#include <gmock/gmock.h>

#include "backends/redis/redis_connection_fixture.h"

namespace leptir::redis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class RedisLoginTest : public testing::Test {
 protected:
  Error errorFor(const std::string& user, const std::string& password) {
    auto address = redisAt(server.socket());
    address.user = user;
    address.password = password;
    return errorIn(RedisConnection(address).connect());
  }

  RedisServer server{
      {"requirepass geheim1", "user leptir on >geheim2 ~leptir:* +@all", "user poor on >geheim3 ~* +set"}};
};

TEST(RedisLoginServers, ADatabaseThatDoesNotExistIsInvalid) {
  RedisServer server({"databases 4"});
  auto address = redisAt(server.socket());
  address.database = 4;
  const auto error = errorIn(RedisConnection(address).connect());
  EXPECT_EQ(error.code(), ErrorCode::Invalid);
  EXPECT_THAT(error.message(), HasSubstr("correct 'database'"));
}

TEST_F(RedisLoginTest, NeedsTheRightUserAndPassword) {
  EXPECT_EQ(errorFor("", "geheim1").message(), "it went well");
  EXPECT_EQ(errorFor("leptir", "geheim2").message(), "it went well");
  EXPECT_THAT(errorFor("", "").message(), HasSubstr("set 'password'"));
  for (const auto& [user, password] :
       {std::pair("", ""), std::pair("", "geheim0"), std::pair("leptir", "geheim1"), std::pair("nobody", "geheim2")}) {
    const auto error = errorFor(user, password);
    EXPECT_EQ(error.code(), ErrorCode::Invalid);
    EXPECT_THAT(error.message(), Not(HasSubstr("geheim")));
  }
}

TEST_F(RedisLoginTest, AUserWithFewRightsCanConnectAndUseThem) {
  auto address = redisAt(server.socket());
  address.user = "poor";
  address.password = "geheim3";
  RedisConnection connection(address);
  EXPECT_EQ(textIn(connection.run({"SET", "a", "1"})), "OK") << "although it has no right to HELLO or PING";
  const auto refused = connection.run({"GET", "a"});
  EXPECT_EQ(refused.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(refused.error().message(), HasSubstr("extend its rights"));
}

TEST_F(RedisLoginTest, AUserWithoutTheRightToSelectADatabaseIsInvalid) {
  auto address = redisAt(server.socket());
  address.user = "poor";
  address.password = "geheim3";
  address.database = 2;
  EXPECT_EQ(errorIn(RedisConnection(address).connect()).code(), ErrorCode::Invalid);
}

TEST(RedisLoginServers, APasswordForAServerWithoutOneIsInvalid) {
  RedisServer server;
  auto address = redisAt(server.socket());
  address.password = "geheim";
  const auto error = errorIn(RedisConnection(address).connect());
  EXPECT_EQ(error.code(), ErrorCode::Invalid);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("leave 'password' out"), Not(HasSubstr("geheim"))));
}

}  // namespace
}  // namespace leptir::redis
