// RedisConnection with a real server: commands and pipelines.
#include "backends/redis/redis_connection.h"

#include <gmock/gmock.h>

#include "backends/redis/redis_connection_fixture.h"
#include "tests/support/child.h"

namespace leptir::redis {
namespace {

using ::testing::HasSubstr;
using Kind = RedisValue::Kind;

using RedisConnectionTest = RedisConnectionFixture;

TEST_F(RedisConnectionTest, RunsCommandsWithAnyBytes) {
  const std::string bytes("a\0b\r\n$3\r\n\xff", 11);
  EXPECT_EQ(textIn(connection.run({"SET", bytes, bytes})), "OK");
  EXPECT_EQ(textIn(connection.run({"GET", bytes})), bytes);
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
    return !asked && asked.error().code() == ErrorCode::Internal && !exchanged &&
           exchanged.error().code() == ErrorCode::Internal;
  }));
  EXPECT_TRUE(connection.run({"GET", "a"}));
  EXPECT_EQ(connection.generation(), 1u) << "the child left the parent's connection alone";
}

TEST_F(RedisConnectionTest, KnowsTheVersionOfItsServer) {
  ASSERT_TRUE(connection.connect());
  EXPECT_GE(connection.version(), 60200);
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

}  // namespace
}  // namespace leptir::redis
