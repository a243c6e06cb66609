// Values larger than leptir reads, stored by other programs: they keep no broker and no storage from working.
#include <gmock/gmock.h>

#include "backends/redis/redis_meta_storage.h"
#include "backends/redis/redis_queue_fixture.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class RedisOversizedTest : public RedisQueueTest {
 protected:
  static std::string oversized() {
    return R"({"cn":"Test","td":{"id":"big","parameters":[]}})" + std::string(65 << 20, ' ');
  }

  std::vector<FoundTask> buried() { return must(broker->keeper().listBuried({})); }
};

TEST_F(RedisOversizedTest, AnOversizedTaskIsBuriedOnTheServerWithoutBeingRead) {
  strangersPush(oversized(), "1");
  strangersPush(R"({"cn":"Test","td":{"id":"small","parameters":[]}})", "2");
  const auto session = openSession(*broker);
  const auto popped = pop(*session);
  ASSERT_EQ(popped.size(), 1u);
  EXPECT_EQ(popped[0].lease.handle, "small");
  ASSERT_EQ(buried().size(), 1u);
  EXPECT_EQ(buried()[0].envelope, "");
  EXPECT_THAT(buried()[0].reason, HasSubstr("bytes, more than leptir reads"));
  const auto told = broker->takeBurials();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].id, buried()[0].id);
  EXPECT_EQ(told[0].reason, "too large: 68157487 bytes, more than 16842752");
  EXPECT_TRUE(broker->takeBurials().empty()) << "once";
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.leased = 1, .buried = 1}));
}

// In a double, a number beyond 2^53 plus one may be the same number: all would be buried under one order, and thus
// under one id.
TEST_F(RedisOversizedTest, BuriedTasksDoNotReplaceEachOtherDespiteHugeScoresOfOthers) {
  server.ask({"ZADD", "{leptir:ztasks}:buried", "+inf", "theirs", "1e17", "theirs too"});
  for (const auto* tail : {"1", "2", "3"}) strangersPush(std::string(17 << 20, ' ') + tail, tail);
  const auto session = openSession(*broker);
  EXPECT_TRUE(pop(*session).empty());
  EXPECT_EQ(broker->takeBurials().size(), 3u) << "also by a lease that finds nothing else";
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.buried = 3}));
  EXPECT_EQ(server.ask({"ZCARD", "{leptir:ztasks}:buried"}), 5);
}

TEST_F(RedisOversizedTest, NothingIsBuriedWhileAKeyOfTheBurialHoldsAnotherType) {
  strangersPush(oversized());
  server.ask({"SET", "{leptir:ztasks}:ids", "theirs"});
  const auto session = openSession(*broker);
  EXPECT_FALSE(session->popBrokerTasks(10, 0s, wake));
  EXPECT_EQ(server.ask({"HLEN", "{leptir:ztasks}:buried:tasks"}), 0);
}

TEST_F(RedisOversizedTest, ABuriedOversizedTaskCanBeFoundAndRemovedButNotRevived) {
  strangersPush(oversized());
  const auto session = openSession(*broker);
  EXPECT_TRUE(pop(*session).empty());
  const auto id = buried().at(0).id;
  EXPECT_EQ(must(broker->keeper().find(id)).state, TaskState::Buried);
  const std::vector<std::string> ids{id};
  EXPECT_EQ(must(broker->keeper().revive(ids)), 0u);
  must(broker->keeper().remove(id));
  EXPECT_TRUE(buried().empty());
}

// An earlier version leased such tasks and could then neither read the reply nor give the task back.
TEST_F(RedisOversizedTest, ALeasedOversizedTaskDoesNotKeepItsSessionFromClosing) {
  const auto session = openSession(*broker);
  server.ask({"HSET", "{leptir:ztasks}:leased:" + std::string(32, 'a') + ":1", "5", oversized()});
  EXPECT_TRUE(must(session->heldTasks()).empty());
  EXPECT_EQ(buried().size(), 1u);
  EXPECT_EQ(broker->takeBurials().size(), 1u);
  must(session->close());
}

TEST_F(RedisOversizedTest, AWaitingOversizedTaskDoesNotHideOthers) {
  strangersPush(oversized(), "4000000000");
  strangersPush(R"({"cn":"Test","td":{"id":"bigger-id-not-ours","parameters":[]}})", "4000000000");
  EXPECT_EQ(must(broker->keeper().find("bigger-id-not-ours")).state, TaskState::Scheduled);
  EXPECT_EQ(broker->keeper().find("big").error().code(), ErrorCode::NotFound);
}

// An expired member of the sorted set of sessions.
TEST_F(RedisOversizedTest, AnOversizedSessionNameIsRemovedAndDisturbsNoCall) {
  const std::string name = "theirs" + std::string(70 << 20, 'x');
  server.ask({"ZADD", "{leptir:ztasks}:sessions", "0", name, "0", "gone:1"});
  server.ask({"HSET", "{leptir:ztasks}:leased:gone:1", "7", R"({"cn":"Test","td":{"id":"held","parameters":[]}})"});
  EXPECT_EQ(must(broker->keeper().find("held")).state, TaskState::Leased);
  EXPECT_EQ(must(broker->tasksCount()).leased, 1u);
  EXPECT_EQ(must(broker->recoverExpired(10)), 1u);
  EXPECT_EQ(server.ask({"ZCARD", "{leptir:ztasks}:sessions"}), 0);
  const auto notices = broker->takeNotices();
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_THAT(notices[0], HasSubstr("removed a name of 73400326 bytes from key '{leptir:ztasks}:sessions', which "
                                    "begins with 'theirsxxx"));
  EXPECT_LT(notices[0].size(), 400u);
}

// The same for a name with the score of a claimed session.
TEST_F(RedisOversizedTest, AnOversizedNameOfAClaimedSessionIsRemovedToo) {
  server.ask({"ZADD", "{leptir:ztasks}:sessions", "-1", std::string(300, 'x')});
  EXPECT_EQ(must(broker->recoverExpired(10)), 0u);
  EXPECT_EQ(server.ask({"ZCARD", "{leptir:ztasks}:sessions"}), 0);
}

TEST_F(RedisOversizedTest, TheNameOfTheCancelRequesterIsCutOnTheServer) {
  push("t", 2);
  const std::string who = std::string(1023, 'x') + "\u00e4" + std::string(70 << 20, 'y');
  server.ask({"HSET", "{leptir:ztasks}:cancel", "t0", who});
  const auto session = openSession(*broker);
  const auto popped = pop(*session);
  ASSERT_EQ(popped.size(), 2u);
  EXPECT_EQ(popped[0].cancelledBy, std::string(1023, 'x'));
  EXPECT_EQ(popped[1].cancelledBy, "");
  const std::vector<LeaseId> held{popped[0].lease, popped[1].lease};
  const auto renewal = must(session->renew(held, 1h));
  ASSERT_EQ(renewal.cancelled.size(), 1u);
  EXPECT_EQ(renewal.cancelled[0].by, std::string(1023, 'x'));
}

TEST_F(RedisOversizedTest, AnOversizedRecordIsReplacedByARecordOfLeptir) {
  for (const auto layout : {RedisLayout::Plain, RedisLayout::Hashed}) {
    RedisMetaStorage storage(std::make_shared<RedisConnection>(redisAt(server.socket())), "info", layout, {});
    MetaInfo record;
    record.id = "big";
    record.type = "Test";
    server.ask({"SET", "info:big", std::string(65 << 20, 'x')});
    const auto unreadable = storage.loadMetaInfoById("big");
    EXPECT_EQ(unreadable.error().code(), ErrorCode::Corrupt);
    EXPECT_THAT(unreadable.error().message(), HasSubstr("it has 68157440 bytes, more than leptir reads"));
    must(storage.saveMetaInfo(std::span(&record, 1)));
    EXPECT_EQ(must(storage.loadMetaInfoById("big")).at("type"), "Test");
  }
}

TEST_F(RedisOversizedTest, AnEmptyRecordIsReportedAsOneThatPhpCouldNotEncode) {
  RedisMetaStorage storage(std::make_shared<RedisConnection>(redisAt(server.socket())), "info", RedisLayout::Plain, {});
  server.ask({"SET", "info:empty", ""});
  const auto unreadable = storage.loadMetaInfoById("empty");
  EXPECT_EQ(unreadable.error().code(), ErrorCode::Corrupt);
  EXPECT_THAT(unreadable.error().message(), HasSubstr("an empty record: PHP could not encode it"));
}

}  // namespace
}  // namespace leptir::redis
