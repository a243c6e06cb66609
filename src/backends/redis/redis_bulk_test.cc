// Changes of many tasks where other programs use the same keys, and at their limits.
#include "backends/redis/redis_bulk.h"

#include <gmock/gmock.h>

#include "backends/redis/redis_queue_fixture.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;

class RedisBulkTest : public RedisQueueTest {
 protected:
  using Ids = std::vector<std::string>;

  static std::string envelope(const std::string& id) {
    return R"({"cn":"Test","pr":0,"tl":0,"toex":0,"td":{"id":")" + id + R"(","parameters":[]}})";
  }
  std::size_t removeMany(const Ids& ids) { return must(broker->keeper().removeMany(ids)); }
  std::size_t reschedule(const Ids& ids, std::optional<Time> due) {
    return must(broker->keeper().reschedule(ids, due));
  }
  std::size_t revive(const Ids& ids) { return must(broker->keeper().revive(ids)); }
  Ids listedIds() {
    Ids ids;
    for (const auto& each : must(broker->keeper().list({}, "", 1000)).tasks) ids.push_back(each.id);
    return ids;
  }
  double scoreOf(const std::string& member) {
    return std::stod(server.ask({"ZSCORE", kQueue, member}).get<std::string>());
  }
  void bury(const std::string& id, const std::string& buriedEnvelope) {
    server.ask({"HSET", "{leptir:ztasks}:buried:tasks", id, "1 2 3 4 3 why" + buriedEnvelope});
    server.ask({"ZADD", "{leptir:ztasks}:buried", "7", id});
    server.ask({"HSET", "{leptir:ztasks}:ids", id, "b5"});
  }
};

TEST_F(RedisBulkTest, TasksOfPhpAreRemovedAfterAList) {
  for (int i = 0; i < 50; ++i) strangersPush(envelope("t" + std::to_string(i)), "7");
  EXPECT_EQ(removeMany(listedIds()), 50u);
  EXPECT_EQ(waiting(), 0);
}

TEST_F(RedisBulkTest, TasksOfPhpAreFoundWithoutAList) {
  for (int i = 0; i < 3000; ++i) strangersPush(envelope("t" + std::to_string(i)), "7");
  EXPECT_EQ(removeMany({"t0", "t1500", "t2999", "none"}), 3u);
  EXPECT_EQ(waiting(), 2997);
}

TEST_F(RedisBulkTest, ATaskThatCameBackAsOtherBytesAfterTheListIsFound) {
  push("t", 3);
  const auto ids = listedIds();
  const auto session = openSession(*broker);
  const auto leased = pop(*session);
  must(session->release(std::vector<TaskRelease>{
      {.lease = leased[1].lease, .counters = {.failures = 1}, .due = Time(7s), .envelope = leased[1].envelope}}));
  EXPECT_EQ(removeMany(ids), 1u);
  EXPECT_EQ(waiting(), 0);
}

TEST_F(RedisBulkTest, ManyTasksOfOneTimeAreRemovedWithoutAList) {
  must(broker->pushBrokerTasks(tasks("t", 5000, Time(4'000'000'000s))));
  Ids ids;
  for (int i = 4000; i < 5000; ++i) ids.push_back("t" + std::to_string(i));
  EXPECT_EQ(removeMany(ids), 1000u);
  EXPECT_EQ(waiting(), 4000);
  EXPECT_EQ(knownIds(), 4000);
}

TEST_F(RedisBulkTest, AnIdThatIsNamedTwiceCountsOnce) {
  push("t", 2);
  bury("b", envelope("b"));
  EXPECT_EQ(reschedule({"t0", "t0"}, Time(4'000'000'000s)), 1u);
  EXPECT_EQ(revive({"b", "b"}), 1u);
  EXPECT_EQ(removeMany({"t0", "t0", "t1"}), 2u);
}

TEST_F(RedisBulkTest, AScoreThatIsNoNumberIsSearchedInTheWholeQueue) {
  push("t", 2);
  server.ask({"HSET", "{leptir:ztasks}:ids", "t0", "theirs"});
  EXPECT_EQ(removeMany({"t0", "t1"}), 2u);
}

TEST_F(RedisBulkTest, ARescheduledTaskOfPhpIsNotAddedToTheIds) {
  strangersPush(envelope("t"), "7");
  EXPECT_EQ(reschedule({"t"}, Time(4'000'000'000'500ms)), 1u);
  EXPECT_DOUBLE_EQ(scoreOf(envelope("t")), 4'000'000'000.5);
  EXPECT_EQ(knownIds(), 0);
}

TEST_F(RedisBulkTest, TasksThatAreMadeDueAtOnceKeepTheirOrder) {
  must(broker->pushBrokerTasks(tasks("t", 5, Time(4'000'000'000s))));
  EXPECT_EQ(reschedule({"t3", "t1", "t4", "t0", "t2"}, {}), 5u);
  EXPECT_EQ(waiting(), 5);
  const auto session = openSession(*broker);
  EXPECT_EQ(pop(*session).size(), 5u);
}

TEST_F(RedisBulkTest, ATaskThatWasRevivedWithoutAnIdCanBeRescheduledAndRemoved) {
  bury("made.1", "no envelope");
  bury("made.2", "no envelope");
  EXPECT_EQ(revive({"made.1", "made.2"}), 2u);
  EXPECT_EQ(waiting(), 2) << "equal bytes are two tasks";
  EXPECT_EQ(reschedule({"made.1"}, Time(4'000'000'000s)), 1u);
  EXPECT_EQ(must(broker->keeper().find("made.1")).due, Time(4'000'000'000s));
  EXPECT_EQ(removeMany({"made.1"}), 1u);
  EXPECT_EQ(waiting(), 1);
}

TEST_F(RedisBulkTest, ARevivedTaskWithTheBytesOfAWaitingOneIsAnotherTask) {
  strangersPush(envelope("same"), "7");
  bury("same", envelope("same"));
  EXPECT_EQ(revive({"same"}), 1u);
  EXPECT_EQ(waiting(), 2);
}

// Where tasks wait at the due times that revived tasks get, these due times cannot tell which tasks were added.
TEST_F(RedisBulkTest, RevivedTasksWithTheBytesOfWaitingOnesAreOtherTasksWhereverThoseWait) {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(systemClock().now().time_since_epoch());
  Ids ids;
  for (int i = 0; i < 4000; ++i) {
    const auto id = "t" + std::to_string(i);
    strangersPush(envelope(id), std::to_string((now.count() + i * 1000) / 1e6));
    if (i % 4 != 0) continue;
    bury(id, envelope(id));
    ids.push_back(id);
  }
  EXPECT_EQ(revive(ids), 1000u);
  EXPECT_EQ(waiting(), 5000);
}

TEST_F(RedisBulkTest, EqualTasksAreRevivedAsSeveralOnes) {
  Ids ids;
  for (int i = 0; i < 1000; ++i) {
    ids.push_back("made." + std::to_string(i));
    bury(ids.back(), i % 2 == 0 ? "no envelope" : envelope(ids.back()));
  }
  EXPECT_EQ(listedIds().size(), 1000u);
  EXPECT_EQ(revive(ids), 1000u);
  EXPECT_EQ(waiting(), 1000);
  EXPECT_EQ(server.ask({"ZCARD", "{leptir:ztasks}:buried"}), 0);
}

TEST_F(RedisBulkTest, ListedTasksAreRevivedWithoutTheCountersInTheirEnvelopes) {
  const auto withCounters = [](const std::string& id) {
    return R"({"at":3,"cn":"Test","pr":0,"td":{"id":")" + id + R"(","parameters":[]},"cr":1})";
  };
  for (const std::string id : {"a", "b"}) bury(id, withCounters(id));
  bury("c", envelope("c"));
  const auto ids = listedIds();
  EXPECT_EQ(revive(ids), 3u);
  EXPECT_GT(scoreOf(R"({"cn":"Test","pr":0,"td":{"id":"a","parameters":[]}})"), 0);
  EXPECT_GT(scoreOf(R"({"cn":"Test","pr":0,"td":{"id":"b","parameters":[]}})"), 0);
  EXPECT_GT(scoreOf(envelope("c")), 0);
}

TEST_F(RedisBulkTest, TasksThatWereListedAndRevivedOnceAreNotBuried) {
  bury("b", envelope("b"));
  const auto ids = listedIds();
  EXPECT_EQ(revive(ids), 1u);
  EXPECT_EQ(revive(ids), 0u);
  bury("b", envelope("b"));
  EXPECT_EQ(revive(ids), 1u) << "buried again";
}

TEST_F(RedisBulkTest, LargeTasksAreRevivedAndRemovedInSlices) {
  Ids ids;
  for (int i = 0; i < 20; ++i) {
    ids.push_back("b" + std::to_string(i));
    bury(ids.back(),
         R"({"cn":"Test","td":{"id":")" + ids.back() + R"(","parameters":")" + std::string(1 << 20, 'x') + R"("}})");
  }
  bury("too large", std::string(17 << 20, 'x'));
  ids.emplace_back("too large");
  EXPECT_EQ(revive(ids), 20u);
  EXPECT_EQ(waiting(), 20);
  EXPECT_EQ(removeMany(ids), 21u) << "what is too large can be removed";
  EXPECT_EQ(waiting(), 0);
}

TEST_F(RedisBulkTest, MoreIdsThanOneScriptTakesAreChanged) {
  Ids ids;
  for (int i = 0; i < 2500; ++i) ids.push_back("t" + std::to_string(i));
  push("t", 2500);
  EXPECT_EQ(reschedule(ids, Time(7s)), 2500u);
  EXPECT_EQ(removeMany(ids), 2500u);
}

TEST_F(RedisBulkTest, KeysOfAnotherTypeAreAnErrorAndNothingIsRemoved) {
  push("t", 2);
  server.ask({"SET", "{leptir:ztasks}:cancel", "theirs"});
  EXPECT_EQ(broker->keeper().removeMany(Ids{"t0"}).error().code(), ErrorCode::Invalid);
  EXPECT_EQ(waiting(), 2);
}

}  // namespace
}  // namespace leptir::redis
