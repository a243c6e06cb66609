// RedisConnection with real servers: commands, scripts, pipelines, blocking waits, restarts, logins.
#include "backends/redis/redis_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/support/child.h"
#include "tests/support/machine.h"
#include "tests/support/redis_address_support.h"
#include "tests/support/redis_server.h"
#include "tests/support/wait_until.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Kind = RedisValue::Kind;

std::string textOf(const Result<RedisReply>& reply) {
  return reply ? std::string(reply->value().text()) : "error: " + reply.error().message();
}

Error errorIn(const Result<void>& result) {
  return result ? Error(ErrorCode::Internal, "it went well") : result.error();
}

class RedisConnectionTest : public testing::Test {
 protected:
  RedisServer& server = sharedRedisServer();
  RedisConnection connection{redisAt(server.socket())};
};

TEST_F(RedisConnectionTest, RunsCommandsWithAnyBytes) {
  const std::string bytes("a\0b\r\n$3\r\n\xff", 11);
  EXPECT_EQ(textOf(connection.run({"SET", bytes, bytes})), "OK");
  EXPECT_EQ(textOf(connection.run({"GET", bytes})), bytes);
  EXPECT_EQ(connection.run({"GET", "nothing"})->value().kind(), Kind::Nil);
  EXPECT_EQ(connection.run({"STRLEN", bytes})->value().integer(), 11);
}

TEST_F(RedisConnectionTest, TurnsAnErrorReplyIntoAnErrorThatNamesTheServer) {
  ASSERT_TRUE(connection.run({"SET", "text", "1"}));
  const auto refused = connection.run({"ZADD", "text", "1", "a"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(refused.error().message(), HasSubstr("redis " + server.socket() + ": "));
  EXPECT_EQ(connection.generation(), 1u) << "such an error does not end the connection";
}

TEST_F(RedisConnectionTest, ReturnsInternalInAForkedChild) {
  ASSERT_TRUE(connection.connect());
  EXPECT_TRUE(inChild([&] {
    const auto asked = connection.run({"GET", "a"});
    connection.append({"GET", "a"});
    const auto exchanged = connection.exchange();
    Wake wake;
    const std::array<std::string_view, 3> words{"BLPOP", "bell", "1"};
    const auto waited = connection.wait(words, 1s, 1s, wake);
    return !asked && asked.error().code() == ErrorCode::Internal && !exchanged &&
           exchanged.error().code() == ErrorCode::Internal && !waited && waited.error().code() == ErrorCode::Internal;
  }));
  EXPECT_TRUE(connection.run({"GET", "a"}));
  EXPECT_EQ(connection.generation(), 1u) << "the child left the parent's connection alone";
}

TEST_F(RedisConnectionTest, KnowsTheVersionOfItsServer) {
  ASSERT_TRUE(connection.connect());
  EXPECT_GE(connection.version(), 60200);
}

TEST_F(RedisConnectionTest, LoadsAScriptThatTheServerDoesNotKnow) {
  const RedisScript script("return {KEYS[1], ARGV[1], #KEYS, #ARGV}");
  const std::array<std::string_view, 1> keys{"key"}, arguments{"argument"};
  for (int i = 0; i < 2; ++i) {
    const auto reply = connection.runScript(script, keys, arguments);
    ASSERT_TRUE(reply) << reply.error().message();
    EXPECT_EQ(reply->value()[1].text(), "argument");
    EXPECT_EQ(reply->value()[3].integer(), 1);
    server.ask({"SCRIPT", "FLUSH"});
  }
}

TEST_F(RedisConnectionTest, AnErrorWithinAScriptIsReturned) {
  ASSERT_TRUE(connection.run({"SET", "text", "1"}));
  const RedisScript script("return redis.call('ZADD', KEYS[1], 1, 'a')");
  const std::array<std::string_view, 1> keys{"text"};
  EXPECT_EQ(connection.runScript(script, keys, {}).error().code(), ErrorCode::Invalid);
}

TEST_F(RedisConnectionTest, LoadedScriptsRunInAPipelineAndAreLoadedAgainAfterTheServerForgotThem) {
  const RedisScript one("return 1"), two("return 2");
  const auto both = [&] {
    EXPECT_TRUE(connection.loadScripts({&one, &two}));
    connection.append({"EVALSHA", one.sha1, "0"});
    connection.append({"EVALSHA", two.sha1, "0"});
    return connection.exchange().value();
  };
  EXPECT_EQ(both()[1].value().integer(), 2);
  const auto commands = server.ask({"INFO", "commandstats"}).get<std::string>();
  EXPECT_EQ(both()[0].value().integer(), 1);
  EXPECT_THAT(commands, HasSubstr("cmdstat_script|load:calls=2"));
  EXPECT_THAT(server.ask({"INFO", "commandstats"}).get<std::string>(), HasSubstr("cmdstat_script|load:calls=2"));

  server.ask({"SCRIPT", "FLUSH"});
  const auto forgotten = both();
  EXPECT_EQ(connection.errorOf(forgotten[0].value()).code(), ErrorCode::Unavailable);
  EXPECT_EQ(both()[0].value().integer(), 1);
}

TEST_F(RedisConnectionTest, APipelineReturnsOneReplyForEachCommandInOrderIncludingErrors) {
  connection.append({"SET", "a", "1"});
  connection.append({"LPUSH", "a", "x"});
  connection.append({"GET", "a"});
  const auto replies = connection.exchange();
  ASSERT_TRUE(replies);
  ASSERT_EQ(replies->size(), 3u);
  EXPECT_TRUE(replies->at(1).value().isError());
  EXPECT_EQ(replies->at(2).value().text(), "1");
  EXPECT_TRUE(connection.exchange()->empty());
}

TEST_F(RedisConnectionTest, APipelineThatFillsBothSocketBuffersDoesNotDeadlock) {
  const std::string large(300'000, 'x');
  connection.append({"SET", "large", large});
  for (int i = 0; i < 200; ++i) {
    connection.append({"GET", "large"});
    connection.append({"ECHO", large});
  }
  const auto replies = connection.exchange();
  ASSERT_TRUE(replies) << replies.error().message();
  ASSERT_EQ(replies->size(), 401u);
  for (std::size_t i = 1; i < replies->size(); ++i) ASSERT_EQ((*replies)[i].value().text(), large);
}

TEST_F(RedisConnectionTest, AWaitReturnsTheReplyOnceTheServerHasOne) {
  Wake wake;
  std::thread pusher([&] { server.ask({"LPUSH", "bell", "ding"}); });
  const std::array<std::string_view, 3> words{"BLPOP", "bell", "20"};
  const auto reply = connection.wait(words, 20s, 20s, wake);
  pusher.join();
  ASSERT_TRUE(reply) << reply.error().message();
  ASSERT_TRUE(*reply);
  EXPECT_EQ((*reply)->value()[1].text(), "ding");
}

TEST_F(RedisConnectionTest, AWaitReturnsNilWhenTheBlockingCommandTimesOut) {
  Wake wake;
  const std::array<std::string_view, 3> words{"BLPOP", "bell", "0.01"};
  EXPECT_TRUE(connection.wait(words, 10ms, 20s, wake)->value().value().isNil());
}

TEST_F(RedisConnectionTest, AWaitThatTimesOutReturnsNilAndTheNextWaitGetsItsReply) {
  Wake wake;
  const std::array<std::string_view, 3> words{"BLPOP", "bell", "20"};
  EXPECT_TRUE(connection.wait(words, 20s, 1ms, wake)->value().value().isNil());
  server.ask({"LPUSH", "bell", "ding"});
  EXPECT_EQ(connection.wait(words, 20s, 20s, wake)->value().value()[1].text(), "ding");
  EXPECT_EQ(connection.generation(), 1u);
}

TEST_F(RedisConnectionTest, AWakeEndsAWaitAndTheNextWaitGetsItsReply) {
  Wake wake;
  const std::array<std::string_view, 3> words{"BLPOP", "bell", "20"};
  wake.ring();
  EXPECT_FALSE(connection.wait(words, 20s, 20s, wake)->has_value());
  ASSERT_TRUE(waitUntil([&] {
    return server.ask({"INFO", "clients"}).get<std::string>().find("blocked_clients:1") != std::string::npos;
  }));
  server.ask({"LPUSH", "bell", "ding", "dong"});
  EXPECT_EQ(connection.wait(words, 20s, 20s, wake)->value().value()[1].text(), "dong");
  EXPECT_EQ(connection.generation(), 1u);
  EXPECT_EQ(server.ask({"LLEN", "bell"}), 1) << "the blocking command was sent only once";
}

TEST_F(RedisConnectionTest, AnotherCallAfterAWakeGetsItsOwnReply) {
  Wake wake;
  const std::array<std::string_view, 3> words{"BLPOP", "bell", "20"};
  wake.ring();
  EXPECT_FALSE(connection.wait(words, 20s, 20s, wake)->has_value());
  EXPECT_EQ(textOf(connection.run({"ECHO", "mine"})), "mine");
}

TEST(RedisConnectionServers, AServerRestartIsNoticedBeforeTheNextRequestIsSent) {
  RedisServer server;
  RedisConnection connection(redisAt(server.socket()));
  const RedisScript script("return redis.call('INCR', 'n')");
  ASSERT_TRUE(connection.loadScripts({&script}));
  server.restart();
  EXPECT_EQ(textOf(connection.run({"SET", "n", "0"})), "OK");
  EXPECT_EQ(connection.generation(), 2u);
  server.restart();
  ASSERT_TRUE(connection.loadScripts({&script}));
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
  EXPECT_EQ(textOf(connection.run({"PING"})), "PONG");
}

TEST(RedisConnectionServers, AServerKilledDuringAPipelineIsUnavailable) {
  RedisServer server;
  RedisConnection connection(redisAt(server.socket()));
  connection.append({"DEBUG", "SLEEP", "10"});
  server.freeze();
  for (int i = 0; i < 1000; ++i) connection.append({"SET", "a", std::string(1000, 'x')});
  std::thread killer([&] { server.kill(); });
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
  EXPECT_EQ(textOf(connection.run({"PING"})), "PONG");
}

TEST(RedisConnectionServers, WorksOverTcpByAddressAndByName) {
  if (!isNameKnownHere("localhost")) GTEST_SKIP() << "this machine does not know the name localhost";
  RedisServer server({}, RedisServer::Reach::Tcp);
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    RedisAddress address;
    address.host = host;
    address.port = server.port();
    RedisConnection connection(address);
    EXPECT_EQ(textOf(connection.run({"PING"})), "PONG") << host;
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

TEST(RedisConnectionServers, ADatabaseThatDoesNotExistIsInvalid) {
  RedisServer server({"databases 4"});
  auto address = redisAt(server.socket());
  address.database = 4;
  const auto error = errorIn(RedisConnection(address).connect());
  EXPECT_EQ(error.code(), ErrorCode::Invalid);
  EXPECT_THAT(error.message(), HasSubstr("correct 'database'"));
}

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
  EXPECT_EQ(textOf(connection.run({"SET", "a", "1"})), "OK") << "although it has no right to HELLO or PING";
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

TEST(RedisConnectionServers, APasswordForAServerWithoutOneIsInvalid) {
  RedisServer server;
  auto address = redisAt(server.socket());
  address.password = "geheim";
  const auto error = errorIn(RedisConnection(address).connect());
  EXPECT_EQ(error.code(), ErrorCode::Invalid);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("leave 'password' out"), Not(HasSubstr("geheim"))));
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
  EXPECT_EQ(textOf(connection.run({"SET", "a", "1"})), "OK");
  EXPECT_EQ(connection.generation(), 2u);
}

TEST(RedisConnectionServers, AWaitEndedByADemotionToReplicaIsUnavailable) {
  RedisServer server;
  RedisConnection connection(redisAt(server.socket()));
  Wake wake;
  std::thread demotes([&] {
    waitUntil([&] {
      return server.ask({"INFO", "clients"}).get<std::string>().find("blocked_clients:1") != std::string::npos;
    });
    server.ask({"REPLICAOF", "127.0.0.1", "1"});
  });
  const std::array<std::string_view, 3> words{"BLPOP", "bell", "20"};
  const auto reply = connection.wait(words, 20s, 20s, wake);
  demotes.join();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), ErrorCode::Unavailable);
}

TEST(RedisConnectionServers, AServerThatIsBusyWithAScriptIsUnavailable) {
  RedisServer server({"lua-time-limit 10"});
  RedisConnection connection(redisAt(server.socket())), another(redisAt(server.socket()));
  ASSERT_TRUE(another.connect());
  std::thread runs([&] { (void)connection.run({"EVAL", "while true do end", "0"}); });
  Result<RedisReply> answer = RedisReply::nil();
  ASSERT_TRUE(waitUntil([&] { return !(answer = another.run({"GET", "a"})); }));
  EXPECT_EQ(answer.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(answer.error().message(), HasSubstr("busy with a long-running script"));
  EXPECT_TRUE(another.run({"SCRIPT", "KILL"}));
  runs.join();
}

}  // namespace
}  // namespace leptir::redis
