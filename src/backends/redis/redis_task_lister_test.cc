// Lists where other programs use the same keys, and where the conformance suite cannot look: at the server.
#include "backends/redis/redis_task_lister.h"

#include <gmock/gmock.h>

#include <functional>
#include <set>

#include "backends/redis/redis_queue_fixture.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RedisTaskListerTest : public RedisQueueTest {
 protected:
  TaskList page(const TaskFilter& filter = {}, std::string_view cursor = {}, std::size_t limit = 1000) {
    return must(broker->keeper().list(filter, cursor, limit));
  }
  std::vector<FoundTask> all(const TaskFilter& filter = {}, std::size_t limit = 1000) {
    std::vector<FoundTask> tasks;
    std::string cursor;
    do {
      auto next = page(filter, cursor, limit);
      for (auto& each : next.tasks) tasks.push_back(std::move(each));
      cursor = next.cursor;
    } while (!cursor.empty() && tasks.size() < 10'000);
    return tasks;
  }
  std::vector<std::string> ids(const TaskFilter& filter = {}, std::size_t limit = 1000) {
    std::vector<std::string> ids;
    for (const auto& each : all(filter, limit)) ids.push_back(each.id);
    return ids;
  }
  void bury(const std::string& id, const std::string& envelope, int order) {
    server.ask({"HSET", "{leptir:ztasks}:buried:tasks", id, "1 0 0 0 3 why" + envelope});
    server.ask({"ZADD", "{leptir:ztasks}:buried", std::to_string(order), id});
    server.ask({"HSET", "{leptir:ztasks}:ids", id, "b5"});
  }
  // Calls `meanwhile` with the number of pages that have been listed, after each revival.
  std::size_t reviveInPages(std::size_t limit, const std::function<void(int)>& meanwhile) {
    std::size_t revived = 0;
    std::string cursor;
    int pages = 0;
    do {
      const auto listed = page({.state = TaskState::Buried}, cursor, limit);
      std::vector<std::string> ids;
      for (const auto& each : listed.tasks) ids.push_back(each.id);
      revived += must(broker->keeper().revive(ids));
      meanwhile(++pages);
      cursor = listed.cursor;
    } while (!cursor.empty());
    return revived;
  }
  static std::string envelope(const std::string& id, const std::string& name = "Test") {
    return R"({"cn":")" + name + R"(","pr":0,"tl":0,"toex":0,"td":{"id":")" + id + R"(","parameters":[]}})";
  }
};

TEST_F(RedisTaskListerTest, TasksOfPhpAreListedByTheirScores) {
  strangersPush(envelope("second"), "2.5");
  strangersPush(envelope("first"), "1.25");
  strangersPush(R"({"td": {"parameters": {}, "id": "third"}, "cn": "Test"})", "4000000000");
  const auto listed = all();
  ASSERT_EQ(listed.size(), 3u);
  EXPECT_EQ(listed[0].id, "first");
  EXPECT_EQ(listed[0].due, Time(1'250ms));
  EXPECT_EQ(listed[1].id, "second");
  EXPECT_EQ(listed[2].id, "third");
  EXPECT_EQ(listed[2].state, TaskState::Scheduled);
}

// Bytes above 127 sort behind ASCII, whatever the locale of the server; equal beginnings sort by length.
TEST_F(RedisTaskListerTest, MembersOfOneScoreAreListedOnceInTheOrderOfTheirBytes) {
  std::set<std::string> members;
  for (const auto* each : {"a", "ab", "abc", "B", "b", "\xff", "\xff\xfe", "\xc5\xbe", "Z", "\x01", "_", " "})
    members.insert(each);
  for (const auto& each : members) strangersPush(each, "7");
  for (const std::size_t limit : {1, 2, 3, 5, 12}) {
    std::vector<std::string> listed;
    for (const auto& each : all({}, limit)) listed.push_back(each.envelope);
    EXPECT_THAT(listed, ::testing::ElementsAreArray(members)) << limit;
  }
}

TEST_F(RedisTaskListerTest, ACursorAmongMembersOfOneScoreStaysRightWhileOthersComeAndGo) {
  for (int i = 10; i < 50; ++i) strangersPush(envelope("t" + std::to_string(i)), "7");
  const auto first = page({}, {}, 20);
  ASSERT_EQ(first.tasks.back().id, "t29");
  for (int i = 10; i < 30; ++i) server.ask({"ZREM", kQueue, envelope("t" + std::to_string(i))});
  for (int i = 0; i < 10; ++i) strangersPush(envelope("a" + std::to_string(i)), "7");
  const auto second = page({}, first.cursor, 5);
  EXPECT_EQ(second.tasks.front().id, "t30");
}

// The server would have to send the whole beginning back; behind it members are counted.
TEST_F(RedisTaskListerTest, MembersThatDifferOnlyBehindALongBeginningAreListedOnce) {
  const std::string beginning(10'000, 'x');
  for (int i = 10; i < 30; ++i) strangersPush(beginning + std::to_string(i), "7");
  strangersPush(beginning.substr(0, 4096), "7");
  strangersPush(beginning.substr(0, 100) + "a", "7");
  const auto listed = all({}, 3);
  std::set<std::string> distinct;
  for (const auto& each : listed) distinct.insert(each.envelope);
  EXPECT_EQ(listed.size(), 22u);
  EXPECT_EQ(distinct.size(), 22u);
  EXPECT_LT(page({}, {}, 10).cursor.size(), 9'000u);
}

TEST_F(RedisTaskListerTest, ScoresThatAreNoTimesAreListed) {
  strangersPush(envelope("never"), "inf");
  strangersPush(envelope("always"), "-inf");
  strangersPush(envelope("late"), "1e300");
  EXPECT_THAT(ids({}, 1), ElementsAre("always", "late", "never"));
  EXPECT_THAT(ids({.state = TaskState::Due}), ElementsAre("always"));
  EXPECT_THAT(ids({.state = TaskState::Scheduled}, 1), ElementsAre("late", "never"));
}

TEST_F(RedisTaskListerTest, ANameIsFoundHoweverItIsEscaped) {
  strangersPush(envelope("plain", "App\\\\Job"), "1");
  strangersPush(envelope("leading", "\\\\App\\\\Job"), "2");
  strangersPush(envelope("digits", "\\u0041pp\\\\Job"), "3");
  strangersPush(envelope("slash", "App/Job"), "4");
  strangersPush(envelope("escaped slash", "App\\/Job"), "5");
  strangersPush(envelope("longer", "App\\\\Jobs"), "6");
  strangersPush(R"({ "cn" : "App\\Job", "td": {"id": "spaced"} })", "7");
  EXPECT_THAT(ids({.name = "App\\Job"}), ElementsAre("plain", "leading", "digits", "spaced"));
  EXPECT_THAT(ids({.name = "\\App\\Job"}), ElementsAre("plain", "leading", "digits", "spaced"));
  EXPECT_THAT(ids({.name = "App/Job"}), ElementsAre("slash", "escaped slash"));
}

TEST_F(RedisTaskListerTest, TheBeginningOfAnIdIsFoundHoweverItIsEscaped) {
  strangersPush(envelope("a\\/1"), "1");
  strangersPush(envelope("a/2"), "2");
  strangersPush(envelope("\\u0061/3"), "3");
  strangersPush(envelope("b/4"), "4");
  EXPECT_THAT(ids({.idPrefix = "a/"}, 1), ElementsAre("a/1", "a/2", "a/3"));
}

TEST_F(RedisTaskListerTest, MembersTooLargeToBeReadAreLeftOut) {
  strangersPush(std::string(17 << 20, 'x'), "1");
  strangersPush(envelope("small"), "2");
  EXPECT_THAT(ids(), ElementsAre("small"));
}

TEST_F(RedisTaskListerTest, ALeasedTaskOfPhpHasTheScoreThatItHad) {
  strangersPush(envelope("leased"), "1500000000.5");
  const auto session = openSession(*broker);
  pop(*session);
  const auto listed = all();
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].state, TaskState::Leased);
  EXPECT_EQ(listed[0].due, Time(1'500'000'000'500ms));
}

TEST_F(RedisTaskListerTest, TheTasksOfASessionAreListedByTheirLeaseNumbersWhileOthersEnd) {
  push("t", 1500);
  const auto session = openSession(*broker);
  const auto leased = pop(*session, 1500);
  const auto first = page({.state = TaskState::Leased}, {}, 700);
  ASSERT_EQ(first.tasks.size(), 700u);
  must(session->acknowledge(std::vector<LeaseId>{leased[0].lease, leased[699].lease, leased[700].lease}));
  EXPECT_EQ(page({.state = TaskState::Leased}, first.cursor).tasks.size(), 799u);
}

TEST_F(RedisTaskListerTest, ASessionKeyThatHoldsAnotherTypeHidesOnlyItsOwnTasks) {
  push("t", 1);
  const auto session = openSession(*broker, 'b');
  pop(*session);
  server.ask({"ZADD", "{leptir:ztasks}:sessions", "1", "a:1"});
  server.ask({"SET", "{leptir:ztasks}:leased:a:1", "theirs"});
  EXPECT_THAT(ids({}, 1), ElementsAre("t0"));
}

TEST_F(RedisTaskListerTest, BuriedTasksOfOneOrderAreListedOnce) {
  for (int i = 10; i < 40; ++i) {
    const auto id = "b" + std::to_string(i);
    server.ask({"HSET", "{leptir:ztasks}:buried:tasks", id, "1 0 0 0 3 why" + envelope(id)});
    server.ask({"ZADD", "{leptir:ztasks}:buried", "7", id});
  }
  server.ask({"ZADD", "{leptir:ztasks}:buried", "8", "without a value"});
  const auto listed = ids({}, 4);
  EXPECT_EQ(listed.size(), 30u);
  EXPECT_EQ(std::set(listed.begin(), listed.end()).size(), 30u);
  EXPECT_EQ(all()[0].reason, "why");
}

TEST_F(RedisTaskListerTest, BuriedTasksThatAreTooLargeAreListedWithoutTheirEnvelopes) {
  bury("a1", std::string(17 << 20, 'x'), 1);
  bury("b1", envelope("b1"), 2);
  bury("b2", std::string(17 << 20, 'x'), 3);
  bury("b3", envelope("b3"), 4);
  EXPECT_THAT(ids(), ElementsAre("a1", "b1", "b2", "b3"));
  const auto listed = all({.idPrefix = "b"});
  ASSERT_EQ(listed.size(), 3u);
  EXPECT_EQ(listed[0].envelope, envelope("b1"));
  EXPECT_EQ(listed[1].envelope, "");
  EXPECT_THAT(listed[1].reason, HasSubstr("too large"));
  EXPECT_EQ(listed[2].envelope, envelope("b3"));
}

TEST_F(RedisTaskListerTest, APageOfBuriedTasksEndsWithTheOneThatBringsItBeyondItsBytes) {
  for (int i = 1; i <= 6; ++i) bury("b" + std::to_string(i), std::string(5 << 20, 'x'), i);
  const auto first = page({.state = TaskState::Buried});
  EXPECT_EQ(first.tasks.size(), 4u);
  EXPECT_EQ(page({.state = TaskState::Buried}, first.cursor).tasks.size(), 2u);
}

// --- pages that are listed ahead, since tasks of the page before were changed

TEST_F(RedisTaskListerTest, EachBuriedTaskIsRevivedOncePageAfterPage) {
  for (int i = 0; i < 250; ++i) bury("b" + std::to_string(i), envelope("b" + std::to_string(i)), i / 7 + 1);
  EXPECT_EQ(reviveInPages(10, [](int) {}), 250u);
  EXPECT_EQ(waiting(), 250);
}

TEST_F(RedisTaskListerTest, APageLeavesOutTasksThatWereRemovedAfterItWasListedAhead) {
  for (int i = 0; i < 50; ++i) bury("b" + std::to_string(i), envelope("b" + std::to_string(i)), i + 1);
  const auto other = open();
  const auto revived = reviveInPages(10, [&](int pages) {
    if (pages == 2) must(other->keeper().remove("b25"));
  });
  EXPECT_EQ(revived, 49u);
  EXPECT_EQ(waiting(), 49);
}

TEST_F(RedisTaskListerTest, ATaskThatIsBuriedAfterTheLastPageWasListedAheadIsListed) {
  for (int i = 0; i < 25; ++i) bury("b" + std::to_string(i), envelope("b" + std::to_string(i)), i + 1);
  const auto revived = reviveInPages(10, [this](int pages) {
    if (pages == 2) bury("late", envelope("late"), 100);
  });
  EXPECT_EQ(revived, 26u);
}

TEST_F(RedisTaskListerTest, AServerThatEndsTheConnectionOfAListAheadIsAskedAgain) {
  for (int i = 0; i < 50; ++i) bury("b" + std::to_string(i), envelope("b" + std::to_string(i)), i + 1);
  const auto revived = reviveInPages(10, [this](int pages) {
    if (pages == 2) server.ask({"CLIENT", "KILL", "TYPE", "normal"});
  });
  EXPECT_EQ(revived, 50u);
}

TEST_F(RedisTaskListerTest, KeysOfAnotherTypeAreAnError) {
  server.ask({"SET", "{leptir:ztasks}:buried", "theirs"});
  EXPECT_EQ(broker->keeper().list({}, "", 10).error().code(), ErrorCode::Invalid);
  EXPECT_TRUE(broker->keeper().list({.state = TaskState::Due}, "", 10));
}

TEST_F(RedisTaskListerTest, TheEarliestDueTimeMayBeOfAMemberThatIsTooLargeToBeRead) {
  EXPECT_EQ(must(broker->keeper().earliestDue()), std::nullopt);
  strangersPush(std::string(70 << 20, 'x'), "7");
  EXPECT_EQ(must(broker->keeper().earliestDue()), Time(7s));
}

}  // namespace
}  // namespace leptir::redis
