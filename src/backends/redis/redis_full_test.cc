// A real server that has reached its maxclients.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/redis/redis_connection.h"
#include "tests/support/redis_address_support.h"
#include "tests/support/redis_server.h"
#include "tests/support/wait_until.h"

namespace leptir::redis {
namespace {

using ::testing::HasSubstr;

// The message must be the server's reason, not "broken pipe": the server says why and closes, often before the first
// request is sent.
TEST(RedisFull, NamesMaxclientsAndConnectsOnceAnotherClientHasLeft) {
  RedisServer server({"maxclients 2"}, RedisServer::Reach::Tcp);
  RedisAddress tcp;
  tcp.host = "127.0.0.1";
  tcp.port = server.port();
  RedisConnection first(redisAt(server.socket()));
  auto second = std::make_unique<RedisConnection>(tcp);
  // The test server counts the client of its fixture for some time after that has closed.
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
}  // namespace leptir::redis
