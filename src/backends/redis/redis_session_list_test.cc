// The list of open sessions, also where other programs wrote into its keys.
#include "backends/redis/redis_session_list.h"

#include <gmock/gmock.h>

#include "backends/redis/redis_queue_fixture.h"
#include "backends/redis/redis_session_card.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RedisSessionListTest : public RedisQueueTest {
 protected:
  static constexpr const char* kSessions = "{leptir:ztasks}:sessions";
  static constexpr const char* kCards = "{leptir:ztasks}:cards";

  std::vector<ListedSession> list(Page page = {}) { return must(broker->keeper().listSessions(page)); }
  std::vector<std::string> names(Page page = {}) {
    std::vector<std::string> names;
    for (const auto& each : list(page)) names.push_back(RedisKeys::nameOf(each.session));
    return names;
  }
};

TEST_F(RedisSessionListTest, ShowsTheInstanceTheExpiryAndTheNumberOfLeasedTasks) {
  push("t", 3);
  const auto session = openSession(*broker);
  pop(*session, 2);
  const auto listed = list();
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].session, (SessionId{std::string(32, 'a'), 1}));
  EXPECT_EQ(listed[0].info.host, "host");
  EXPECT_EQ(listed[0].info.pid, 1);
  EXPECT_EQ(listed[0].info.version, "0.1.0");
  EXPECT_EQ(listed[0].info.workers, 4);
  EXPECT_EQ(listed[0].leasedTasks, 2u);
  ASSERT_TRUE(listed[0].expiresIn);
  EXPECT_GT(*listed[0].expiresIn, 59min);
  EXPECT_LE(*listed[0].expiresIn, 1h);
}

TEST_F(RedisSessionListTest, IsEmptyOnceAllSessionsAreClosed) {
  const auto session = openSession(*broker);
  must(session->close());
  EXPECT_THAT(list(), IsEmpty());
}

TEST_F(RedisSessionListTest, AnExpiredSessionIsListedUntilItIsClaimed) {
  const auto session = openSession(*broker);
  must(broker->endSessionsOf(std::string(32, 'a')));
  ASSERT_EQ(list().size(), 1u);
  EXPECT_EQ(list()[0].expiresIn, Duration(0));
  server.ask({"ZADD", kSessions, "-1", std::string(32, 'a') + ":1"});
  EXPECT_THAT(list(), IsEmpty());
}

TEST_F(RedisSessionListTest, PagesAreOrderedByInstanceAndEpoch) {
  server.ask({"ZADD", kSessions, "1", "b:1", "2", "a:10", "3", "a:9", "4", "c:1"});
  EXPECT_THAT(names(), ElementsAre("a:9", "a:10", "b:1", "c:1"));
  EXPECT_THAT(names({.offset = 1, .limit = 2}), ElementsAre("a:10", "b:1"));
  EXPECT_THAT(names({.offset = 3, .limit = 2}), ElementsAre("c:1"));
  EXPECT_THAT(names({.offset = 4, .limit = 2}), IsEmpty());
  EXPECT_THAT(names({.offset = 0, .limit = 0}), IsEmpty());
}

TEST_F(RedisSessionListTest, MoreSessionsThanOneRequestDescribesAreAllListed) {
  for (int i = 1; i <= 250; ++i) server.ask({"ZADD", kSessions, "1", "a:" + std::to_string(i)});
  const auto listed = names({.offset = 0, .limit = 1000});
  ASSERT_EQ(listed.size(), 250u);
  EXPECT_EQ(listed.back(), "a:250");
}

TEST_F(RedisSessionListTest, NamesOfOtherProgramsAreLeftOut) {
  const std::string oversized = "a:" + std::string(70 << 20, '1');
  server.ask({"ZADD", kSessions, "1",    "a:1", "1",   "theirs", "1",    ":1", "1",
              "a:",   "1",       "a:01", "1",   "a:x", "1",      "a:-1", "1",  "a:99999999999999999999",
              "1",    oversized});
  EXPECT_THAT(names(), ElementsAre("a:1"));
}

TEST_F(RedisSessionListTest, AnExpiryOfAnotherProgramMayBeAnyNumber) {
  server.ask({"ZADD", kSessions, "+inf", "a:1", "1e300", "b:1", "-inf", "c:1"});
  EXPECT_THAT(names(), ElementsAre("a:1", "b:1"));
  EXPECT_GT(list()[0].expiresIn, 24h);
}

TEST_F(RedisSessionListTest, AnOversizedOrMalformedCardIsNotShown) {
  const std::string oversized = R"({"host":")" + std::string(70 << 20, 'x') + "\"}";
  server.ask({"ZADD", kSessions, "1", "a:1", "1", "b:1", "1", "c:1"});
  server.ask({"HSET", kCards, "a:1", oversized, "b:1", "no JSON", "c:1", R"({"host":7,"pid":-1,"workers":1e99})"});
  const auto listed = list();
  ASSERT_EQ(listed.size(), 3u);
  for (const auto& each : listed) {
    EXPECT_EQ(each.info.host, "");
    EXPECT_EQ(each.info.pid, 0);
    EXPECT_EQ(each.info.workers, 0);
  }
}

TEST_F(RedisSessionListTest, KeysThatHoldOtherTypesHideOnlyWhatTheyShouldHold) {
  const auto session = openSession(*broker);
  server.ask({"SET", kCards, "theirs"});
  server.ask({"SET", "{leptir:ztasks}:leased:" + std::string(32, 'a') + ":1", "theirs"});
  ASSERT_EQ(list().size(), 1u);
  EXPECT_EQ(list()[0].info.host, "");
  EXPECT_EQ(list()[0].leasedTasks, 0u);
  server.ask({"SET", kSessions, "theirs"});
  EXPECT_EQ(broker->keeper().listSessions({}).error().code(), ErrorCode::Invalid);
}

TEST(RedisSessionCard, ReadsWhatItWrote) {
  const auto info = decodeSessionCard(encodeSessionCard({"a \"host\"", 7, "1.2.3", 8}));
  EXPECT_EQ(info.host, "a \"host\"");
  EXPECT_EQ(info.pid, 7);
  EXPECT_EQ(info.version, "1.2.3");
  EXPECT_EQ(info.workers, 8);
}

}  // namespace
}  // namespace leptir::redis
