#include "backends/redis/redis_rights.h"

#include <gmock/gmock.h>

#include "backends/redis/redis_meta_storage.h"
#include "backends/redis/redis_queue_fixture.h"
#include "base/task_id.h"
#include "tests/support/fake_redis.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class RedisRights : public RedisQueueTest {
 protected:
  // Resets the user first: the server is shared by the tests, and a user keeps its rights.
  RedisAddress poor(std::vector<std::string_view> rights) {
    rights.insert(rights.begin(), {"-@all", "resetkeys"});
    return addressOf("poor", std::move(rights));
  }
  Result<void> tryQueue(std::vector<std::string_view> rights) { return open(poor(std::move(rights)))->checkRights(); }

  Result<void> tryRecords(std::vector<std::string_view> rights, RedisLayout layout = RedisLayout::Plain,
                          std::optional<Duration> expireAfter = {}) {
    auto connection = std::make_shared<RedisConnection>(poor(std::move(rights)));
    return RedisMetaStorage(connection, "leptir:taskinfo", layout, expireAfter).checkRights();
  }

  std::string keyWithHash() { return server.ask({"KEYS", "leptir:taskinfo.2*"}).at(0).get<std::string>(); }
  std::int64_t keys() { return must(RedisConnection(redisAt(server.socket())).run({"DBSIZE"})).value().integer(); }
};

TEST_F(RedisRights, TryingThemLeavesNoKeys) {
  EXPECT_TRUE(broker->checkRights());
  EXPECT_TRUE(tryRecords({"~*", "+@all"}));
  EXPECT_TRUE(tryRecords({"~*", "+@all"}, RedisLayout::Hashed));
  EXPECT_EQ(keys(), 0);
}

TEST_F(RedisRights, AReadOnlyUserIsInvalid) {
  const auto tried = tryQueue({"~*", "+@read", "+info", "+ping", "+hello", "+auth"});
  ASSERT_FALSE(tried);
  EXPECT_EQ(tried.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(tried.error().message(), HasSubstr("extend its rights (ACL SETUSER)"));
  EXPECT_FALSE(tryRecords({"~*", "+@read", "+ping", "+hello"}));
}

TEST_F(RedisRights, AUserWithoutScriptsIsRefused) {
  EXPECT_FALSE(tryQueue({"~*", "+@all", "-@scripting"}));
  EXPECT_FALSE(tryRecords({"~*", "+@all", "-@scripting"}));
}

TEST_F(RedisRights, AUserWhoLacksOneCommandIsRefusedAndLeavesNoKeys) {
  for (const auto* command : {"-zadd", "-zrem", "-hset", "-hdel", "-zremrangebyrank", "-set", "-del", "-time", "-zscan",
                              "-hrandfield", "-hstrlen", "-expire", "-xadd", "-hscan", "-hkeys"}) {
    EXPECT_FALSE(tryQueue({"~*", "+@all", command})) << command;
    EXPECT_EQ(keys(), 0) << command;
  }
}

TEST_F(RedisRights, AUserWhoLacksOneCommandForRecordsIsRefused) {
  for (const auto* command : {"-strlen", "-get", "-zrevrange"}) {
    EXPECT_FALSE(tryRecords({"~*", "+@all", command})) << command;
  }
  // The last ones are needed for ids that do not contain the time when they were made.
  for (const auto* command :
       {"-hstrlen", "-hget", "-hset", "-hsetnx", "-zrevrange", "-set", "-get", "-strlen", "-del", "-type"}) {
    EXPECT_FALSE(tryRecords({"~*", "+@all", command}, RedisLayout::Hashed)) << command;
  }
  EXPECT_EQ(keys(), 0);
}

TEST_F(RedisRights, PexpireIsNeededOnlyIfRecordsExpire) {
  for (const auto layout : {RedisLayout::Plain, RedisLayout::Hashed}) {
    EXPECT_FALSE(tryRecords({"~*", "+@all", "-pexpire"}, layout, 1h));
    EXPECT_TRUE(tryRecords({"~*", "+@all", "-pexpire"}, layout));
    EXPECT_TRUE(tryRecords({"~*", "+@all"}, layout, 1h));
  }
  EXPECT_EQ(keys(), 0);
}

// The rights are tried in the hash of the current minute, which has other records as well.
TEST_F(RedisRights, TryingThemKeepsOtherRecords) {
  const std::string id = base::makeTaskId();
  RedisMetaStorage storage(std::make_shared<RedisConnection>(redisAt(server.socket())), "leptir:taskinfo",
                           RedisLayout::Hashed, 1h);
  MetaInfo record;
  record.id = id;
  record.type = "Test";
  must(storage.saveMetaInfo(std::span(&record, 1)));
  must(storage.checkRights());
  EXPECT_EQ(must(storage.loadMetaInfoById(id)).at("id"), id);
  EXPECT_GT(server.ask({"PTTL", keyWithHash()}).get<std::int64_t>(), 3'000'000);
}

TEST_F(RedisRights, AUserWithoutAccessToOneKeyOfTheQueueIsRefused) {
  const std::vector<std::string> keysOfScripts{
      "ids",      "sessions", "cards",   "cancel", "buried", "buried:tasks", "lease",      "places",       "front",
      "leased:*", "left:*",   "epoch:*", "wake",   "fleet",  "fleet:names",  "fleet:ends", "fleet:version"};
  const auto rightsWithout = [&](std::string_view left) {
    std::vector<std::string> words{"~leptir:ztasks", "+@all"};
    for (const auto& key : keysOfScripts) {
      if (key != left) words.push_back("~{leptir:ztasks}:" + key);
    }
    return words;
  };
  for (const auto& key : keysOfScripts) {
    const auto rights = rightsWithout(key);
    EXPECT_FALSE(tryQueue({rights.begin(), rights.end()})) << key;
  }
  const auto all = rightsWithout("");
  EXPECT_TRUE(tryQueue({all.begin(), all.end()}));
  EXPECT_EQ(keys(), 0);
}

TEST_F(RedisRights, TryingThemChangesNoExistingValue) {
  server.ask({"SET", "{leptir:ztasks}:lease", "17"});
  server.ask({"SET", "{leptir:ztasks}:front", "1 of", "EX", "600"});
  server.ask({"HSET", "{leptir:ztasks}:places", "17", "3.5"});
  EXPECT_TRUE(broker->checkRights());
  EXPECT_EQ(server.ask({"GET", "{leptir:ztasks}:lease"}), "17");
  EXPECT_EQ(server.ask({"TTL", "{leptir:ztasks}:lease"}), -1);
  EXPECT_EQ(server.ask({"GET", "{leptir:ztasks}:front"}), "1 of");
  EXPECT_GT(server.ask({"TTL", "{leptir:ztasks}:front"}).get<int>(), 500);
  EXPECT_EQ(server.ask({"HGET", "{leptir:ztasks}:places", "17"}), "3.5");
  EXPECT_EQ(keys(), 3);
}

TEST_F(RedisRights, AServerThatAnswersWithoutRunningTheScriptProvesNothing) {
  FakeRedis fake([](FakePeer& peer) {
    peer.answerGreeting();
    peer.receive("LOAD");
    peer.send("$40\r\n" + std::string(40, 'f') + "\r\n");
    peer.receive("EVALSHA");
    peer.send("+OK\r\n");
    peer.receiveUntilClosed();
  });
  auto connection = std::make_shared<RedisConnection>(redisAt(fake.socket()));
  const auto tried = RedisMetaStorage(connection, "leptir:taskinfo", RedisLayout::Plain, {}).checkRights();
  ASSERT_FALSE(tried);
  EXPECT_EQ(tried.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(tried.error().message(), HasSubstr("answers a status where leptir expects a number"));
}

TEST_F(RedisRights, AccessToTheQueueKeyAloneIsNotEnough) {
  EXPECT_FALSE(tryQueue({"~leptir:ztasks", "+@all"}));
  EXPECT_TRUE(tryQueue({"~leptir:*", "~{leptir:ztasks}:*", "+@all"}));
}

}  // namespace
}  // namespace leptir::redis
