// Durability and warnings, from what a server says of itself.
#include "backends/redis/redis_server_info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/redis/redis_connection.h"
#include "tests/support/redis_address_support.h"
#include "tests/support/redis_server.h"

namespace leptir::redis {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

RedisServerInfo serverInfoOf(const RedisAddress& address) {
  RedisConnection connection(address);
  auto serverInfo = readServerInfo(connection);
  EXPECT_TRUE(serverInfo) << serverInfo.error().message();
  return serverInfo.value_or(RedisServerInfo());
}

RedisServerInfo serverInfoOf(RedisServer& server) {
  return serverInfoOf(redisAt(server.socket()));
}

TEST(RedisServerInfo, HaveNoWarningsForADurableServer) {
  RedisServer server({"appendonly yes", "appendfsync always"});
  const auto serverInfo = serverInfoOf(server);
  EXPECT_THAT(serverInfo.warnings(), IsEmpty());
  EXPECT_THAT(serverInfo.durability, HasSubstr("all survives a power cut"));
}

TEST(RedisServerInfo, DescribeTheDurabilityOfEachKindOfPersistence) {
  EXPECT_THAT(parseServerInfo("aof_enabled:1\r\n", "", "everysec").durability, HasSubstr("up to 2 s"));
  EXPECT_THAT(parseServerInfo("aof_enabled:1\r\n", "", "no").durability,
              HasSubstr("when the operating system decides"));
  EXPECT_THAT(parseServerInfo("aof_enabled:1\r\n", {}, {}).durability, HasSubstr("unknown"));
  EXPECT_THAT(parseServerInfo("aof_enabled:0\r\n", "3600 1", "everysec").durability, HasSubstr("snapshots"));
  EXPECT_THAT(parseServerInfo("aof_enabled:0\r\n", {}, {}).durability, HasSubstr("unknown"));
  EXPECT_THAT(parseServerInfo({}, {}, {}).warnings(), ElementsAre(HasSubstr("permit INFO")));
}

TEST(RedisServerInfo, WarnOfAServerWithoutPersistence) {
  RedisServer server;
  const auto serverInfo = serverInfoOf(server);
  EXPECT_THAT(serverInfo.warnings(),
              ElementsAre(AllOf(HasSubstr("redis " + server.socket() + ": "), HasSubstr("keeps nothing on disk"))));
  EXPECT_THAT(serverInfo.durability, HasSubstr("none"));
}

TEST(RedisServerInfo, NoteASyncThatIsLeftToTheOperatingSystem) {
  const auto serverInfo = parseServerInfo("aof_enabled:1\r\n", "", "no");
  ASSERT_EQ(serverInfo.findings.size(), 1u);
  EXPECT_EQ(serverInfo.findings[0].severity, FindingSeverity::Note);
  EXPECT_THAT(serverInfo.findings[0].advice, HasSubstr("everysec"));
}

TEST(RedisServerInfo, DoNotWarnOfSnapshots) {
  RedisServer server({"save 3600 1"});
  EXPECT_THAT(serverInfoOf(server).warnings(), IsEmpty());
}

TEST(RedisServerInfo, WarnOfAServerThatEvicts) {
  RedisServer server({"appendonly yes", "maxmemory-policy allkeys-lru"});
  EXPECT_THAT(serverInfoOf(server).warnings(),
              ElementsAre(AllOf(HasSubstr("allkeys-lru"), HasSubstr("deletes tasks"))));
  server.ask({"CONFIG", "SET", "maxmemory-policy", "volatile-ttl"});
  EXPECT_THAT(serverInfoOf(server).warnings(), ElementsAre(HasSubstr("records before their time")));
}

TEST(RedisServerInfo, WarnOfAReplica) {
  RedisServer server({"appendonly yes"});
  server.ask({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_THAT(serverInfoOf(server).warnings(), Contains(HasSubstr("is a replica")));
}

TEST(RedisServerInfo, WarnOfAVersionThatIsTooOld) {
  EXPECT_THAT(parseServerInfo("redis_version:6.0.16\r\naof_enabled:1\r\n", "", "always").warnings(),
              ElementsAre(HasSubstr("6.2 or newer")));
  EXPECT_THAT(parseServerInfo("redis_version:255.255.255\r\naof_enabled:1\r\n", "", "always").warnings(), IsEmpty());
}

TEST(RedisServerInfo, ParseVersions) {
  EXPECT_EQ(redisVersion("7.0.15"), 70015);
  EXPECT_EQ(redisVersion("6.2.0-rc1"), 60200);
  EXPECT_EQ(redisVersion(""), 0);
  EXPECT_EQ(redisVersion("unknown"), 0);
}

TEST(RedisServerInfo, SayWhenAUserHasNoRightToConfig) {
  RedisServer server({"appendonly yes", "user leptir on >secret ~* +@all -config"});
  auto address = redisAt(server.socket());
  address.user = "leptir";
  address.password = "secret";
  const auto serverInfo = serverInfoOf(address);
  EXPECT_THAT(serverInfo.warnings(), IsEmpty());
  EXPECT_THAT(serverInfo.durability, HasSubstr("CONFIG GET is refused"));
}

TEST(RedisServerInfo, WarnWhenAUserHasNoRightToInfo) {
  RedisServer server({"user leptir on >secret ~* +@all -info"});
  auto address = redisAt(server.socket());
  address.user = "leptir";
  address.password = "secret";
  const auto serverInfo = serverInfoOf(address);
  EXPECT_THAT(serverInfo.warnings(), ElementsAre(HasSubstr("permit INFO")));
  EXPECT_GE(serverInfo.version, 60200) << "HELLO tells the version";
}

}  // namespace
}  // namespace leptir::redis
