// A queue that other programs use at the same time: consumers that remove members, as PHP does, producers of tasks
// without ids, and people with redis-cli.
#include "backends/redis/redis_queue_fixture.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;

class RedisForeignTest : public RedisQueueTest {};

TEST_F(RedisForeignTest, IdsOfTasksThatOthersRemovedAreForgotten) {
  for (int round = 0; round < 30; ++round) {
    push("round" + std::to_string(round) + "-", 200);
    othersTakeEverything();
  }
  EXPECT_LT(knownIds(), 3000);
  for (int i = 0; i < 3000; ++i) {
    push("single" + std::to_string(i) + "-", 1);
    othersTakeEverything();
  }
  EXPECT_LT(knownIds(), 2000);
}

TEST_F(RedisForeignTest, IdsOfWaitingAndLeasedTasksAreNeverForgotten) {
  push("leased", 50);
  const auto holder = openSession(*broker);
  ASSERT_EQ(pop(*holder).size(), 50u);
  for (int round = 0; round < 20; ++round) {
    push("taken" + std::to_string(round) + "-", 200);
    othersTakeEverything();
  }
  push("waiting", 50);
  for (int round = 0; round < 20; ++round) push("more" + std::to_string(round), 1);

  const auto before = waiting();
  push("leased", 50);
  push("waiting", 50);
  EXPECT_EQ(waiting(), before) << "a task whose id is in the queue is not added twice";
}

TEST_F(RedisForeignTest, AReleasedTaskDoesNotReplaceAnEqualOneInTheQueue) {
  const std::string twin = R"({"cn":"Nameless","td":[]})";
  strangersPush(twin);
  const auto session = openSession(*broker);
  const auto first = pop(*session);
  ASSERT_EQ(first.size(), 1u);
  strangersPush(twin);
  must(session->release(std::vector<TaskRelease>{{first[0].lease, {}, Time(2s), first[0].envelope}}));
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 2}));
  const auto both = pop(*session);
  ASSERT_EQ(both.size(), 2u);
  for (const auto& each : both) EXPECT_EQ(Json::parse(each.envelope), Json::parse(twin));
  must(session->close());
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 2}));
}

TEST_F(RedisForeignTest, CancellingALeasedTaskNeverRemovesATaskWithoutIdOfTheSameScore) {
  must(broker->pushBrokerTasks(std::vector<BrokerTask>{task("x", Time(5s))}));
  strangersPush("~ no envelope", "5");  // sorts behind the task x
  const auto session = openSession(*broker);
  ASSERT_EQ(pop(*session, 1).at(0).lease.handle, "x");
  EXPECT_EQ(must(broker->keeper().find("x")).state, TaskState::Leased);
  EXPECT_EQ(must(broker->keeper().cancel("x", "me@here")), CancelResult::Requested);
  EXPECT_EQ(waiting(), 1) << "the stranger's task is still there";
}

TEST_F(RedisForeignTest, ARevivedTaskWithoutIdIsFoundUnderTheIdOfItsBurial) {
  strangersPush("~ no envelope");
  const auto session = openSession(*broker);
  const auto held = pop(*session);
  must(session->bury(std::vector<TaskBurial>{{held.at(0).lease, {}, "malformed", held.at(0).envelope}}));
  const auto id = must(broker->keeper().listBuried({})).at(0).id;
  EXPECT_EQ(must(broker->keeper().revive(std::vector<std::string>{id})), 1u);
  EXPECT_EQ(must(broker->keeper().find(id)).state, TaskState::Due);
  EXPECT_EQ(must(broker->keeper().find(id)).envelope, "~ no envelope");
  must(broker->keeper().remove(id));
  EXPECT_EQ(waiting(), 0);
  EXPECT_EQ(knownIds(), 0);
}

TEST_F(RedisForeignTest, NothingLeavesASessionWhileANeededKeyHoldsAnotherType) {
  push("t", 1);
  const auto session = openSession(*broker);
  const auto held = pop(*session);
  for (const auto* key : {"{leptir:ztasks}:cancel", "{leptir:ztasks}:buried:tasks", "{leptir:ztasks}:buried"}) {
    server.ask({"SET", key, "somebody's"});
    EXPECT_FALSE(session->bury(std::vector<TaskBurial>{{held.at(0).lease, {}, "why", held.at(0).envelope}})) << key;
    server.ask({"DEL", key});
    EXPECT_EQ(must(session->heldTasks()).size(), 1u) << key;
  }
  server.ask({"SET", "{leptir:ztasks}:places", "somebody's"});
  EXPECT_FALSE(session->close());
  server.ask({"DEL", "{leptir:ztasks}:places"});
  EXPECT_EQ(must(session->heldTasks()).size(), 1u);
  server.ask({"SET", "{leptir:ztasks}:cancel", "somebody's"});
  EXPECT_FALSE(broker->pushBrokerTasks(tasks("more", 1)));
  EXPECT_EQ(waiting(), 0) << "an error means that nothing was added";
}

TEST_F(RedisForeignTest, ASessionWithoutTasksEndsEvenIfOtherKeysHoldAnotherType) {
  const auto session = openSession(*broker);
  for (const auto* name : {"cancel", "buried:tasks", "buried", "ids", "places"})
    server.ask({"SET", "{leptir:ztasks}:" + std::string(name), "somebody's"});
  must(session->close());
  EXPECT_EQ(server.ask({"ZCARD", "{leptir:ztasks}:sessions"}), 0);
}

TEST_F(RedisForeignTest, NoTaskIsLostWhileTheQueueKeyHoldsAnotherType) {
  push("t", 3);
  const auto session = openSession(*broker);
  const auto held = pop(*session, 2);
  server.ask({"SET", kQueue, "somebody's mistake"});
  const std::vector<TaskRelease> back{{held[0].lease, {}, Time(2s), held[0].envelope}};
  EXPECT_EQ(session->release(back).error().code(), ErrorCode::Invalid);
  EXPECT_EQ(session->close().error().code(), ErrorCode::Invalid);
  EXPECT_EQ(broker->pushBrokerTasks(tasks("more", 1)).error().code(), ErrorCode::Unavailable);
  EXPECT_EQ(session->popBrokerTasks(1, 0s, wake).error().code(), ErrorCode::Invalid);
  server.ask({"DEL", kQueue});
  EXPECT_TRUE(must(session->release(back)).empty());
  must(session->close());
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 2}));
  must(broker->pushBrokerTasks(tasks("more", 1)));
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 3}));
}

// Else the error would come after the lease: the tasks would be leased, but never delivered.
TEST_F(RedisForeignTest, NothingIsLeasedWhileCancelRequestsCannotBeRead) {
  push("t", 3);
  const auto session = openSession(*broker);
  server.ask({"SET", "{leptir:ztasks}:cancel", "somebody's"});
  EXPECT_EQ(session->popBrokerTasks(10, 0s, wake).error().code(), ErrorCode::Invalid);
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 3}));
  server.ask({"DEL", "{leptir:ztasks}:cancel"});
  EXPECT_EQ(pop(*session).size(), 3u);
}

TEST_F(RedisForeignTest, ACancelRequestIsDroppedWhenItsIdIsPushedAgain) {
  push("t", 1);
  const auto session = openSession(*broker);
  const auto held = pop(*session);
  must(broker->keeper().cancel("t0", "me@host"));
  must(session->release(std::vector<TaskRelease>{{held[0].lease, {}, Time(2s), held[0].envelope}}));
  othersTakeEverything();
  push("t", 1);
  const auto again = pop(*session);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].cancelledBy, "");
}

// Other producers may write ids as numbers, with other escapes, with blanks, or in another order of keys.
TEST_F(RedisForeignTest, AWaitingTaskIsFoundByItsIdInAnyJsonForm) {
  const std::vector<std::pair<std::string, std::string>> written{
      {"5", R"({"cn":"Test","td":{"id":5,"parameters":[]}})"},
      {"1", R"({"cn":"Test","td":{"id":1.0,"parameters":[]}})"},
      {"\u00e9", "{\"cn\":\"Test\",\"td\":{\"id\":\"\u00e9\",\"parameters\":[]}}"},
      {"last\u00e9", R"({"cn":"Test","td":{"id":"last\u00e9","parameters":[]}})"},
      {"a/b", R"({"cn":"Test","td":{"id":"a/b","parameters":[]}})"},
      {"c/d", R"({"cn":"Test","td":{"id":"c\/d","parameters":[]}})"},
      {"xA", R"({"td":{"parameters":{"id":"fake"},"id":"x\u0041"},"cn":"Test"})"},
      {"yA", R"({"cn":"Test","td":{"id":"y\u0041","parameters":[]}})"},
      {"q\"r", R"({"cn":"Test","td":{"id":"q\"r","parameters":[]}})"},
      {"blank", R"({"cn": "Test", "td": {"id": "blank", "parameters": []}})"},
      {"real", R"({"o":{"td":{"id":"no"}},"cn":"Test","td":{"id":"real"}})"},
  };
  for (const auto& each : written) strangersPush(each.second, "9999999999");
  for (int i = 0; i < 2000; ++i) {
    strangersPush(R"({"cn":"Test","td":{"id":"other)" + std::to_string(i) + R"(","parameters":[]}})", "9999999999");
  }
  for (const auto& [id, envelope] : written) {
    SCOPED_TRACE(id);
    const auto found = broker->keeper().find(id);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->envelope, envelope);
    EXPECT_EQ(must(broker->keeper().cancel(id, "me@here")), CancelResult::Removed);
  }
  for (const auto* id : {"fake", "no", "5", "other"})
    EXPECT_EQ(broker->keeper().find(id).error().code(), ErrorCode::NotFound) << id;
  EXPECT_EQ(waiting(), 2000);
}

TEST_F(RedisForeignTest, ScoresMayBeAnyDouble) {
  for (const auto* score : {"-inf", "-1e300", "0", "inf", "1e300"})
    strangersPush("scored " + std::string(score), score);
  const auto session = openSession(*broker);
  EXPECT_EQ(pop(*session).size(), 3u);
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.scheduled = 2, .leased = 3}));
  EXPECT_TRUE(must(session->popBrokerTasks(10, 1ms, wake)).empty());
}

}  // namespace
}  // namespace leptir::redis
