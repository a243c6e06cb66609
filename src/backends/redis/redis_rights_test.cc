#include "backends/redis/redis_rights.h"

#include <gmock/gmock.h>

#include "backends/redis/redis_meta_storage.h"
#include "backends/redis/redis_queue_fixture.h"
#include "tests/support/fake_redis.h"

namespace leptir {
namespace {

using testing::HasSubstr;

class RedisRights : public RedisQueueTest {
 protected:
  // The server is shared, and a user keeps the rights of the test before.
  RedisAddress poor(std::vector<std::string_view> rights) {
    rights.insert(rights.begin(), {"-@all", "resetkeys"});
    return addressOf("poor", std::move(rights));
  }
  Result<void> tryQueue(std::vector<std::string_view> rights) { return open(poor(std::move(rights)))->tryRights(); }

  Result<void> tryRecords(std::vector<std::string_view> rights, RedisLayout layout = RedisLayout::Plain) {
    auto connection = std::make_shared<RedisConnection>(poor(std::move(rights)));
    return RedisMetaStorage(connection, "leptir:taskinfo", layout, {}).tryRights();
  }

  std::int64_t keys() { return must(RedisConnection(redisAt(server.socket())).run({"DBSIZE"})).value().integer(); }
};

TEST_F(RedisRights, AreTriedWithoutATrace) {
  EXPECT_TRUE(broker->tryRights());
  EXPECT_TRUE(tryRecords({"~*", "+@all"}));
  EXPECT_TRUE(tryRecords({"~*", "+@all"}, RedisLayout::Hashed));
  EXPECT_EQ(keys(), 0);
}

TEST_F(RedisRights, OfAUserWhoMayOnlyReadAreRefused) {
  const auto tried = tryQueue({"~*", "+@read", "+info", "+ping", "+hello", "+auth"});
  ASSERT_FALSE(tried);
  EXPECT_EQ(tried.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(tried.error().message(), HasSubstr("extend its rights (ACL SETUSER)"));
  EXPECT_FALSE(tryRecords({"~*", "+@read", "+ping", "+hello"}));
}

TEST_F(RedisRights, OfAUserWithoutScriptsAreRefused) {
  EXPECT_FALSE(tryQueue({"~*", "+@all", "-@scripting"}));
  EXPECT_FALSE(tryRecords({"~*", "+@all", "-@scripting"}));
}

TEST_F(RedisRights, OfAUserWhoLacksOneCommandAreRefusedAndLeaveNothing) {
  for (const auto* command : {"-zadd", "-zrem", "-hset", "-hdel", "-zremrangebyrank", "-set", "-del", "-time", "-zscan",
                              "-hrandfield", "-hstrlen"}) {
    EXPECT_FALSE(tryQueue({"~*", "+@all", command})) << command;
    EXPECT_EQ(keys(), 0) << command;
  }
}

TEST_F(RedisRights, OfAUserWhoMayNotDoOneThingOfInfoOrTasksAreRefused) {
  for (const auto* command : {"-strlen", "-get", "-zrevrange"}) {
    EXPECT_FALSE(tryRecords({"~*", "+@all", command})) << command;
  }
  for (const auto* command : {"-hstrlen", "-hget", "-hset", "-zrevrange"}) {
    EXPECT_FALSE(tryRecords({"~*", "+@all", command}, RedisLayout::Hashed)) << command;
  }
  EXPECT_EQ(keys(), 0);
}

TEST_F(RedisRights, AreNotProvedByAServerThatAnswersWithoutRunningTheScript) {
  FakeRedis fake([](FakePeer& peer) {
    peer.greet();
    peer.hear("LOAD");
    peer.say("$40\r\n" + std::string(40, 'f') + "\r\n");
    peer.hear("EVALSHA");
    peer.say("+OK\r\n");
    peer.hearOn();
  });
  auto connection = std::make_shared<RedisConnection>(redisAt(fake.socket()));
  const auto tried = RedisMetaStorage(connection, "leptir:taskinfo", RedisLayout::Plain, {}).tryRights();
  ASSERT_FALSE(tried);
  EXPECT_EQ(tried.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(tried.error().message(), HasSubstr("answers a status where leptir expects a number"));
}

TEST_F(RedisRights, OnOtherKeysDoNotHelp) {
  EXPECT_FALSE(tryQueue({"~leptir:ztasks", "+@all"}));
  EXPECT_TRUE(tryQueue({"~leptir:*", "~{leptir:ztasks}:*", "+@all"}));
}

}  // namespace
}  // namespace leptir
