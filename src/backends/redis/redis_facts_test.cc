// What a server says of itself, and what its owner is warned of (faults R33).
#include "backends/redis/redis_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/redis/redis_connection.h"
#include "tests/support/redis_address_support.h"
#include "tests/support/redis_server.h"

namespace leptir {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

RedisFacts factsOf(const RedisAddress& address) {
  RedisConnection connection(address);
  auto facts = askFacts(connection);
  EXPECT_TRUE(facts) << facts.error().message();
  return facts.value_or(RedisFacts());
}

RedisFacts factsOf(RedisServer& server) {
  return factsOf(redisAt(server.socket()));
}

TEST(RedisFacts, WarnOfNothingWhereAllIsWell) {
  RedisServer server({"appendonly yes", "appendfsync always"});
  const auto facts = factsOf(server);
  EXPECT_THAT(facts.warnings, IsEmpty());
  EXPECT_THAT(facts.durability, HasSubstr("all survives a power cut"));
}

TEST(RedisFacts, TellWhatEachKindOfPersistenceKeeps) {
  EXPECT_THAT(factsFrom("aof_enabled:1\r\n", "", "everysec").durability, HasSubstr("up to 2 s"));
  EXPECT_THAT(factsFrom("aof_enabled:1\r\n", "", "no").durability, HasSubstr("when the system likes"));
  EXPECT_THAT(factsFrom("aof_enabled:1\r\n", {}, {}).durability, HasSubstr("not told"));
  EXPECT_THAT(factsFrom("aof_enabled:0\r\n", "3600 1", "everysec").durability, HasSubstr("snapshots"));
  EXPECT_THAT(factsFrom("aof_enabled:0\r\n", {}, {}).durability, HasSubstr("not told"));
  EXPECT_THAT(factsFrom({}, {}, {}).warnings, ElementsAre(HasSubstr("permit INFO")));
}

TEST(RedisFacts, WarnOfAServerThatKeepsNothing) {
  RedisServer server;
  const auto facts = factsOf(server);
  EXPECT_THAT(facts.warnings,
              ElementsAre(AllOf(HasSubstr("redis " + server.socket() + ": "), HasSubstr("keeps nothing on disk"))));
  EXPECT_THAT(facts.durability, HasSubstr("none"));
}

TEST(RedisFacts, SnapshotsAreNoWarning) {
  RedisServer server({"save 3600 1"});
  EXPECT_THAT(factsOf(server).warnings, IsEmpty());
}

TEST(RedisFacts, WarnOfAServerThatEvicts) {
  RedisServer server({"appendonly yes", "maxmemory-policy allkeys-lru"});
  EXPECT_THAT(factsOf(server).warnings, ElementsAre(AllOf(HasSubstr("allkeys-lru"), HasSubstr("deletes tasks"))));
  server.ask({"CONFIG", "SET", "maxmemory-policy", "volatile-ttl"});
  EXPECT_THAT(factsOf(server).warnings, ElementsAre(HasSubstr("records before their time")));
}

TEST(RedisFacts, WarnOfAReplica) {
  RedisServer server({"appendonly yes"});
  server.ask({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_THAT(factsOf(server).warnings, Contains(HasSubstr("is a replica")));
}

TEST(RedisFacts, WarnOfAVersionThatIsTooOld) {
  EXPECT_THAT(factsFrom("redis_version:6.0.16\r\naof_enabled:1\r\n", "", "always").warnings,
              ElementsAre(HasSubstr("6.2 or newer")));
  EXPECT_THAT(factsFrom("redis_version:255.255.255\r\naof_enabled:1\r\n", "", "always").warnings, IsEmpty());
}

TEST(RedisFacts, KnowVersions) {
  EXPECT_EQ(redisVersion("7.0.15"), 70015);
  EXPECT_EQ(redisVersion("6.2.0-rc1"), 60200);
  EXPECT_EQ(redisVersion(""), 0);
  EXPECT_EQ(redisVersion("unknown"), 0);
}

TEST(RedisFacts, AreLessForAUserWhoMayNotSeeTheSettings) {
  RedisServer server({"appendonly yes", "user leptir on >secret ~* +@all -config"});
  auto address = redisAt(server.socket());
  address.user = "leptir";
  address.password = "secret";
  const auto facts = factsOf(address);
  EXPECT_THAT(facts.warnings, IsEmpty());
  EXPECT_THAT(facts.durability, HasSubstr("CONFIG GET is refused"));
}

TEST(RedisFacts, AreKnownToBeUnknownToAUserWhoMayNotAsk) {
  RedisServer server({"user leptir on >secret ~* +@all -info"});
  auto address = redisAt(server.socket());
  address.user = "leptir";
  address.password = "secret";
  const auto facts = factsOf(address);
  EXPECT_THAT(facts.warnings, ElementsAre(HasSubstr("permit INFO")));
  EXPECT_GE(facts.version, 60200) << "the greeting tells";
}

}  // namespace
}  // namespace leptir
