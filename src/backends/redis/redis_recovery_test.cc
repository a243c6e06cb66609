// Recovery of expired sessions among whose leases other programs have stored values.
#include "backends/redis/redis_recovery.h"

#include <gmock/gmock.h>

#include "backends/redis/redis_queue_fixture.h"

namespace leptir::redis {
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
  // Adds an expired session.
  void addDead(const std::string& session) { server.ask({"ZADD", "{leptir:ztasks}:sessions", "0", session}); }
  void addHeld(const std::string& session, const std::string& field, const std::string& envelope) {
    server.ask({"HSET", keyOf(session), field, envelope});
  }
  Json sessions() { return server.ask({"ZRANGE", "{leptir:ztasks}:sessions", "0", "-1"}); }
};

TEST_F(RedisRecoveryTest, ASessionThatCannotBeGivenBackIsReportedOnceAndDoesNotBlockOthers) {
  for (const auto* session : {"bad:1", "good:1"}) addDead(session);
  server.ask({"SET", keyOf("bad:1"), "theirs"});
  addHeld("good:1", "7", envelopeOf("a"));
  EXPECT_EQ(must(broker->recoverExpired(10)), 1u);
  EXPECT_THAT(broker->takeNotices(), ElementsAre(HasSubstr("the tasks of session 'bad:1' (key '" + keyOf("bad:1") +
                                                           "') cannot be given back to the queue at the moment")));
  EXPECT_EQ(must(broker->recoverExpired(10)), 0u);
  EXPECT_THAT(broker->takeNotices(), IsEmpty());
  server.ask({"DEL", keyOf("bad:1")});
  EXPECT_EQ(must(broker->recoverExpired(10)), 0u);
  EXPECT_EQ(sessions(), Json::array()) << "it ends once its key is free";
}

TEST_F(RedisRecoveryTest, ASessionWhoseKeyHoldsAnotherTypeDisturbsNoCall) {
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
  EXPECT_EQ(waiting(), 2) << "each session is searched for an id that is pushed again";
}

TEST_F(RedisRecoveryTest, ATaskWithAnEmptyEnvelopeIsGivenBack) {
  addDead("gone:1");
  addHeld("gone:1", "7", "");
  EXPECT_EQ(must(broker->recoverExpired(10)), 1u);
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 1}));
  EXPECT_EQ(sessions(), Json::array());
}

TEST_F(RedisRecoveryTest, HeldTasksIncludeATaskWithAnEmptyEnvelope) {
  strangersPush("");
  const auto session = openSession(*broker);
  EXPECT_EQ(pop(*session).size(), 1u);
  EXPECT_EQ(must(session->heldTasks()).size(), 1u);
  must(session->close());
  EXPECT_EQ(waiting(), 1);
}

class RedisManyLeasesTest : public RedisRecoveryTest {
 protected:
  static constexpr int kMany = 5000;

  // More leases than are read at once.
  void addMany(const std::string& session, const std::string& tail = "") {
    for (int from = 0; from < kMany; from += 500) {
      std::vector<std::string> words{"HSET", keyOf(session)};
      for (int i = from; i < from + 500; ++i) {
        words.push_back(std::to_string(1000 + i) + tail);
        words.push_back(envelopeOf("held-" + std::to_string(i)));
      }
      server.ask({words.begin(), words.end()});
    }
  }
  // How often the server executed `command`, in scripts as well, since resetCalls().
  int callsOf(const std::string& command) {
    const auto all = server.ask({"INFO", "commandstats"}).get<std::string>();
    const auto name = "cmdstat_" + command + ":calls=";
    const auto at = all.find(name);
    return at == std::string::npos ? 0 : std::atoi(all.c_str() + at + name.size());
  }
  void resetCalls() { server.ask({"CONFIG", "RESETSTAT"}); }
};

TEST_F(RedisManyLeasesTest, AreGivenBackAThousandAtATime) {
  addDead("gone:1");
  addMany("gone:1");
  resetCalls();
  EXPECT_EQ(must(broker->recoverExpired(kMany + 1)), std::size_t{kMany});
  EXPECT_GE(callsOf("hrandfield"), 4);
  EXPECT_LE(callsOf("hkeys"), 1) << "only for the last thousand";
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = kMany}));
  EXPECT_EQ(sessions(), Json::array());
}

TEST_F(RedisManyLeasesTest, AreAllReturnedByHeldTasksAndFound) {
  const auto session = openSession(*broker);
  addMany(std::string(32, 'a') + ":1");
  resetCalls();
  const auto held = must(session->heldTasks());
  ASSERT_EQ(held.size(), std::size_t{kMany});
  for (std::size_t i = 0; i < held.size(); ++i) ASSERT_EQ(held[i].lease.number, 1000 + i);
  EXPECT_EQ(must(broker->keeper().find("held-4999")).state, TaskState::Leased);
  EXPECT_EQ(callsOf("hkeys"), 0);
  must(session->close());
  EXPECT_EQ(waiting(), kMany);
}

// Then one read finds nothing but fields that are no leases, and the session must not count as empty.
TEST_F(RedisManyLeasesTest, AreGivenBackFromAmongManyForeignFields) {
  const auto session = openSession(*broker);
  addMany(std::string(32, 'a') + ":1", "x");
  addHeld(std::string(32, 'a') + ":1", "7", envelopeOf("held"));
  must(session->close());
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 1, .buried = kMany}));
  EXPECT_EQ(broker->takeBurials().size(), kMaxStoreBurials);
  EXPECT_EQ(sessions(), Json::array());
}

// An earlier version sent the name of the field to the client, which cannot read more than 64 MiB.
TEST_F(RedisRecoveryTest, AForeignFieldWithAHugeNameIsBuried) {
  addDead("gone:1");
  addHeld("gone:1", std::string(70 << 20, 'x'), envelopeOf("theirs"));
  addHeld("gone:1", "8", envelopeOf("leased"));
  EXPECT_EQ(broker->keeper().find("nowhere").error().code(), ErrorCode::NotFound);
  EXPECT_EQ(must(broker->recoverExpired(10)), 1u);
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 1, .buried = 1}));
  EXPECT_EQ(sessions(), Json::array());
}

TEST_F(RedisRecoveryTest, ForeignFieldsAreBuriedAndTheirSessionEnds) {
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
  const auto told = broker->takeBurials();
  ASSERT_EQ(told.size(), 6u);
  EXPECT_EQ(told[0].id, buried[0].id);
  EXPECT_EQ(told[0].reason, buried[0].reason);
  EXPECT_EQ(must(broker->keeper().revive(std::vector<std::string>{buried[0].id})), 1u);
}

}  // namespace
}  // namespace leptir::redis
