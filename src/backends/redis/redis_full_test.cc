// A real server that has as many clients as it takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/redis/redis_connection.h"
#include "tests/support/redis_address_support.h"
#include "tests/support/redis_server.h"
#include "tests/support/wait_until.h"

namespace leptir {
namespace {

using ::testing::HasSubstr;

// Not "broken pipe": the server says why and hangs up, often before the first request is sent.
TEST(RedisFull, SaysWhichLimitIsReachedAndTakesTheNextClientWhenOneHasGone) {
  RedisServer server({"maxclients 2"}, RedisServer::Reach::Tcp);
  RedisAddress tcp;
  tcp.host = "127.0.0.1";
  tcp.port = server.port();
  RedisConnection first(redisAt(server.socket()));
  auto second = std::make_unique<RedisConnection>(tcp);
  // The client of the fixture, which asked whether the server answers, may still be counted.
  ASSERT_TRUE(waitUntil([&] { return first.run({"PING"}) && second->run({"PING"}); }));
  for (const auto& address : {redisAt(server.socket()), tcp}) {
    for (int tries = 0; tries < 50; ++tries) {
      RedisConnection third(address);
      const auto refused = third.run({"PING"});
      ASSERT_FALSE(refused);
      ASSERT_EQ(refused.error().code(), ErrorCode::Unavailable) << refused.error().message();
      ASSERT_THAT(refused.error().message(), HasSubstr("raise its maxclients")) << tries;
    }
  }
  second.reset();
  RedisConnection third(tcp);
  EXPECT_TRUE(waitUntil([&] { return third.run({"PING"}).has_value(); }));
}

}  // namespace
}  // namespace leptir
