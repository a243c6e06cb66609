// Blocking commands on real servers.
#include "backends/redis/redis_blocking_connection.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/child.h"
#include "tests/support/redis_address_support.h"
#include "tests/support/redis_server.h"
#include "tests/support/wait_until.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;

class RedisWaitTest : public testing::Test {
 protected:
  RedisServer& server = sharedRedisServer();
  RedisBlockingConnection connection{redisAt(server.socket())};
};

TEST_F(RedisWaitTest, AWaitReturnsTheReplyOnceTheServerHasOne) {
  Wake wake;
  std::jthread pusher([&] { server.ask({"LPUSH", "bell", "ding"}); });
  const std::array<std::string_view, 3> words{"BLPOP", "bell", "20"};
  const auto reply = connection.wait(words, 20s, 20s, wake);
  pusher.join();
  ASSERT_TRUE(reply) << reply.error().message();
  ASSERT_TRUE(*reply);
  EXPECT_EQ((*reply)->value()[1].text(), "ding");
}

TEST_F(RedisWaitTest, AWaitReturnsNilWhenTheBlockingCommandTimesOut) {
  Wake wake;
  const std::array<std::string_view, 3> words{"BLPOP", "bell", "0.01"};
  EXPECT_TRUE(connection.wait(words, 10ms, 20s, wake)->value().value().isNil());
}

TEST_F(RedisWaitTest, ACommandInFrontIsExecutedAndItsReplyDropped) {
  Wake wake;
  const std::array<std::string_view, 3> before{"LPUSH", "bell", "ding"}, words{"BLPOP", "bell", "20"};
  EXPECT_EQ(connection.wait(words, 20s, 20s, wake, before)->value().value()[1].text(), "ding");
  EXPECT_FALSE(connection.isPending());
}

TEST_F(RedisWaitTest, AnErrorOfTheCommandInFrontIsReturned) {
  Wake wake;
  server.ask({"SET", "text", "x"});
  const std::array<std::string_view, 3> before{"LPUSH", "text", "ding"}, words{"BLPOP", "bell", "0.01"};
  EXPECT_EQ(connection.wait(words, 10ms, 20s, wake, before).error().code(), ErrorCode::Invalid);
}

TEST_F(RedisWaitTest, AWaitThatTimesOutReturnsNilAndTheNextWaitGetsItsReply) {
  Wake wake;
  const std::array<std::string_view, 3> words{"BLPOP", "bell", "20"};
  EXPECT_TRUE(connection.wait(words, 20s, 1ms, wake)->value().value().isNil());
  server.ask({"LPUSH", "bell", "ding"});
  EXPECT_EQ(connection.wait(words, 20s, 20s, wake)->value().value()[1].text(), "ding");
  EXPECT_EQ(connection.generation(), 1u);
}

TEST_F(RedisWaitTest, AWakeEndsAWaitAndTheNextWaitGetsItsReply) {
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

TEST_F(RedisWaitTest, ReturnsInternalInAForkedChild) {
  Wake wake;
  const std::array<std::string_view, 3> words{"BLPOP", "bell", "0.01"};
  ASSERT_TRUE(connection.wait(words, 10ms, 20s, wake));
  EXPECT_TRUE(inChild([&] {
    const auto waited = connection.wait(words, 1s, 1s, wake);
    return !waited && waited.error().code() == ErrorCode::Internal;
  }));
  EXPECT_TRUE(connection.wait(words, 10ms, 20s, wake));
  EXPECT_EQ(connection.generation(), 1u) << "the child left the parent's connection alone";
}

TEST(RedisWaitServers, AWaitEndedByADemotionToReplicaIsUnavailable) {
  RedisServer server;
  RedisBlockingConnection connection(redisAt(server.socket()));
  Wake wake;
  std::jthread demotes([&] {
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

}  // namespace
}  // namespace leptir::redis
