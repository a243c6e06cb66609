// What is given back of sessions whose time is over, where other programs' values stand among what they held.
#include "backends/redis/redis_recovery.h"

#include <gmock/gmock.h>

#include "backends/redis/redis_queue_fixture.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RedisRecoveryTest : public RedisQueueTest {
 protected:
  static std::string keyOf(const std::string& session) { return "{leptir:ztasks}:leased:" + session; }
  static std::string envelopeOf(const std::string& id) {
    return R"({"cn":"Test","td":{"id":")" + id + R"(","parameters":[]}})";
  }
  // A session whose time is over.
  void addDead(const std::string& session) { server.ask({"ZADD", "{leptir:ztasks}:sessions", "0", session}); }
  void addHeld(const std::string& session, const std::string& field, const std::string& envelope) {
    server.ask({"HSET", keyOf(session), field, envelope});
  }
  Json sessions() { return server.ask({"ZRANGE", "{leptir:ztasks}:sessions", "0", "-1"}); }
};

TEST_F(RedisRecoveryTest, ASessionThatCannotBeGivenBackIsSaidOnceAndKeepsNoOtherFromIt) {
  for (const auto* session : {"bad:1", "good:1"}) addDead(session);
  server.ask({"SET", keyOf("bad:1"), "theirs"});
  addHeld("good:1", "7", envelopeOf("a"));
  EXPECT_EQ(must(broker->recoverExpired(10)), 1u);
  EXPECT_THAT(broker->takeNotices(), ElementsAre(HasSubstr("what session 'bad:1' held (key '" + keyOf("bad:1") +
                                                           "') cannot be given back; all others are")));
  EXPECT_EQ(must(broker->recoverExpired(10)), 0u);
  EXPECT_THAT(broker->takeNotices(), IsEmpty());
  server.ask({"DEL", keyOf("bad:1")});
  EXPECT_EQ(must(broker->recoverExpired(10)), 0u);
  EXPECT_EQ(sessions(), Json::array()) << "it ends once its key is free";
}

TEST_F(RedisRecoveryTest, ASessionWithAnotherProgramsValueKeepsNoCallFromTheQueue) {
  addDead("bad:1");
  server.ask({"SET", keyOf("bad:1"), "theirs"});
  addDead("good:1");
  addHeld("good:1", "7", envelopeOf("held"));
  push("t", 2);
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 2, .leased = 1}));
  EXPECT_EQ(must(broker->keeper().find("held")).state, TaskState::Leased);
  EXPECT_EQ(broker->keeper().find("nowhere").error().code(), ErrorCode::NotFound);
  othersTakeEverything();
  push("t", 2);
  EXPECT_EQ(waiting(), 2) << "each session is looked into for an id that is pushed again";
}

TEST_F(RedisRecoveryTest, AnEmptyTaskComesBackToo) {
  addDead("gone:1");
  addHeld("gone:1", "7", "");
  EXPECT_EQ(must(broker->recoverExpired(10)), 1u);
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 1}));
  EXPECT_EQ(sessions(), Json::array());
}

TEST_F(RedisRecoveryTest, AnEmptyTaskIsAmongThoseThatItsSessionHolds) {
  strangersPush("");
  const auto session = openSession(*broker);
  EXPECT_EQ(pop(*session).size(), 1u);
  EXPECT_EQ(must(session->heldTasks()).size(), 1u);
  must(session->close());
  EXPECT_EQ(waiting(), 1);
}

TEST_F(RedisRecoveryTest, WhatNoLeaseMadeIsBuriedAndItsSessionEnds) {
  addDead("gone:1");
  for (const auto* field : {"007", "notanumber", "-1", "", "1.5", "99999999999999999999999"})
    addHeld("gone:1", field, envelopeOf("in " + std::string(field)));
  addHeld("gone:1", "8", envelopeOf("leased"));
  EXPECT_EQ(must(broker->recoverExpired(10)), 1u);
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 1, .buried = 6}));
  EXPECT_EQ(sessions(), Json::array());
  const auto buried = must(broker->keeper().listBuried({}));
  ASSERT_EQ(buried.size(), 6u);
  EXPECT_THAT(buried[0].reason, HasSubstr("under no lease number"));
  EXPECT_EQ(must(broker->keeper().revive(std::vector<std::string>{buried[0].id})), 1u);
}

}  // namespace
}  // namespace leptir
