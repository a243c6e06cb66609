// RedisConnection with servers that restart, hang, are full or busy, and how servers are reached.
#include <gmock/gmock.h>

#include <thread>

#include "backends/redis/redis_connection_fixture.h"
#include "backends/redis/redis_script.h"
#include "tests/support/machine.h"
#include "tests/support/wait_until.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(RedisConnectionServers, AServerRestartIsNoticedBeforeTheNextRequestIsSent) {
  RedisServer server;
  RedisConnection connection(redisAt(server.socket()));
  const RedisScript script("return redis.call('INCR', 'n')");
  RedisScriptLoader loader(connection);
  ASSERT_TRUE(loader.load({&script}));
  server.restart();
  EXPECT_EQ(textIn(connection.run({"SET", "n", "0"})), "OK");
  EXPECT_EQ(connection.generation(), 2u);
  server.restart();
  ASSERT_TRUE(loader.load({&script}));
  connection.append({"EVALSHA", script.sha1, "0"});
  EXPECT_EQ(connection.exchange()->at(0).value().integer(), 1);
}

TEST(RedisConnectionServers, AServerThatIsDownIsUnavailableAndTheNextCallTriesAgain) {
  RedisServer server;
  RedisConnection connection(redisAt(server.socket()));
  server.stop();
  const auto refused = connection.run({"PING"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Unavailable);
  connection.append({"PING"});
  connection.append({"PING"});
  EXPECT_EQ(connection.exchange().error().code(), ErrorCode::Unavailable);
  server.start();
  EXPECT_EQ(textIn(connection.run({"PING"})), "PONG");
}

TEST(RedisConnectionServers, AServerKilledDuringAPipelineIsUnavailable) {
  RedisServer server;
  RedisConnection connection(redisAt(server.socket()));
  connection.append({"DEBUG", "SLEEP", "10"});
  server.freeze();
  for (int i = 0; i < 1000; ++i) connection.append({"SET", "a", std::string(1000, 'x')});
  std::jthread killer([&] { server.kill(); });
  const auto replies = connection.exchange();
  killer.join();
  ASSERT_FALSE(replies);
  EXPECT_EQ(replies.error().code(), ErrorCode::Unavailable);
}

// Not before the timeout, and at most a tenth of it later.
void expectOnTime(Duration taken, Duration timeout) {
  EXPECT_GE(taken, timeout);
  EXPECT_LE(taken, timeout + timeout / 10);
}

TEST(RedisConnectionServers, AFrozenServerIsGivenUpAfterTheTimeout) {
  RedisServer server;
  auto address = redisAt(server.socket());
  address.connectTimeout = 400ms;
  address.operationTimeout = 600ms;
  RedisConnection connection(address);
  ASSERT_TRUE(connection.connect());
  server.freeze();
  auto began = systemClock().bootTime();
  const auto refused = connection.run({"PING"});
  expectOnTime(systemClock().bootTime() - began, 600ms);
  EXPECT_EQ(refused.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(refused.error().message(), HasSubstr("no answer within 600 ms"));

  began = systemClock().bootTime();
  EXPECT_EQ(errorIn(connection.connect()).code(), ErrorCode::Unavailable);
  expectOnTime(systemClock().bootTime() - began, 400ms);
  server.thaw();
  EXPECT_EQ(textIn(connection.run({"PING"})), "PONG");
}

TEST(RedisConnectionServers, WorksOverTcpByAddressAndByName) {
  if (!isNameKnownHere("localhost")) GTEST_SKIP() << "this machine does not know the name localhost";
  RedisServer server({}, RedisServer::Reach::Tcp);
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    RedisAddress address;
    address.host = host;
    address.port = server.port();
    RedisConnection connection(address);
    EXPECT_EQ(textIn(connection.run({"PING"})), "PONG") << host;
  }
}

TEST(RedisConnectionServers, AnUnknownNameAndAClosedPortAreUnavailable) {
  RedisServer server({}, RedisServer::Reach::Tcp);
  RedisAddress address;
  address.port = server.port();
  server.stop();
  EXPECT_THAT(errorIn(RedisConnection(address).connect()).message(),
              AllOf(HasSubstr("redis 127.0.0.1:" + std::to_string(address.port)), HasSubstr("connection refused")));
  address.host = "there-is-no-such-host.invalid";
  EXPECT_EQ(errorIn(RedisConnection(address).connect()).code(), ErrorCode::Unavailable);
  address.scheme = RedisAddress::Scheme::Unix;
  address.path = std::string(200, 'x');
  EXPECT_EQ(errorIn(RedisConnection(address).connect()).code(), ErrorCode::Invalid);
}

TEST(RedisConnectionServers, SelectsItsDatabaseAgainAfterAReconnect) {
  RedisServer server;
  auto address = redisAt(server.socket());
  address.database = 3;
  RedisConnection connection(address);
  ASSERT_TRUE(connection.run({"SET", "a", "1"}));
  server.ask({"CLIENT", "KILL", "TYPE", "normal"});
  ASSERT_TRUE(connection.run({"SET", "b", "1"}));
  EXPECT_EQ(connection.generation(), 2u);
  EXPECT_EQ(server.ask({"DBSIZE"}), 0);
  EXPECT_EQ(connection.run({"DBSIZE"})->value().integer(), 2);
}

TEST(RedisConnectionServers, AFullServerRefusesWritesAndKeepsTheConnection) {
  RedisServer server({"maxmemory 2mb", "maxmemory-policy noeviction"});
  RedisConnection connection(redisAt(server.socket()));
  const std::string large(100'000, 'x');
  Result<RedisReply> answer = RedisReply::nil();
  for (int i = 0; i < 100 && answer; ++i) answer = connection.run({"SET", std::to_string(i), large});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(answer.error().message(), HasSubstr("full (maxmemory)"));
  EXPECT_TRUE(connection.run({"DEL", "0"}));
  EXPECT_EQ(connection.generation(), 1u);
}

TEST(RedisConnectionServers, AfterAServerBecameAReplicaTheNextCallReconnects) {
  RedisServer server;
  RedisConnection connection(redisAt(server.socket()));
  ASSERT_TRUE(connection.connect());
  server.ask({"REPLICAOF", "127.0.0.1", "1"});
  const auto refused = connection.run({"SET", "a", "1"});
  EXPECT_EQ(refused.error().code(), ErrorCode::Unavailable);
  server.ask({"REPLICAOF", "NO", "ONE"});
  EXPECT_EQ(textIn(connection.run({"SET", "a", "1"})), "OK");
  EXPECT_EQ(connection.generation(), 2u);
}

TEST(RedisConnectionServers, AServerThatIsBusyWithAScriptIsUnavailable) {
  RedisServer server({"lua-time-limit 10"});
  RedisConnection connection(redisAt(server.socket())), another(redisAt(server.socket()));
  ASSERT_TRUE(another.connect());
  std::jthread runs([&] { (void)connection.run({"EVAL", "while true do end", "0"}); });
  Result<RedisReply> answer = RedisReply::nil();
  ASSERT_TRUE(waitUntil([&] { return !(answer = another.run({"GET", "a"})); }));
  EXPECT_EQ(answer.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(answer.error().message(), HasSubstr("busy with a long-running script"));
  EXPECT_TRUE(another.run({"SCRIPT", "KILL"}));
  runs.join();
}

}  // namespace
}  // namespace leptir::redis
