// Scripts on a real server.
#include "backends/redis/redis_script.h"

#include <gmock/gmock.h>

#include "backends/redis/redis_connection_fixture.h"

namespace leptir::redis {
namespace {

using ::testing::HasSubstr;

using RedisScriptTest = RedisConnectionFixture;

TEST_F(RedisScriptTest, LoadsAScriptThatTheServerDoesNotKnow) {
  const RedisScript script("return {KEYS[1], ARGV[1], #KEYS, #ARGV}");
  RedisScriptCall call(script);
  call.keys("key").arguments("argument");
  for (int i = 0; i < 2; ++i) {
    const auto reply = runScript(connection, call);
    ASSERT_TRUE(reply) << reply.error().message();
    EXPECT_EQ(reply->value()[1].text(), "argument");
    EXPECT_EQ(reply->value()[3].integer(), 1);
    server.ask({"SCRIPT", "FLUSH"});
  }
}

TEST_F(RedisScriptTest, AnErrorWithinAScriptIsReturned) {
  ASSERT_TRUE(connection.run({"SET", "text", "1"}));
  const RedisScript script("return redis.call('ZADD', KEYS[1], 1, 'a')");
  RedisScriptCall call(script);
  call.keys("text");
  EXPECT_EQ(runScript(connection, call).error().code(), ErrorCode::Invalid);
}

TEST_F(RedisScriptTest, LoadedScriptsRunInAPipelineAndAreLoadedAgainAfterTheServerForgotThem) {
  const RedisScript one("return 1"), two("return 2");
  RedisScriptLoader loader(connection);
  const auto both = [&] {
    EXPECT_TRUE(loader.load({&one, &two}));
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
  loader.forget();
  EXPECT_EQ(both()[0].value().integer(), 1);
}

}  // namespace
}  // namespace leptir::redis
