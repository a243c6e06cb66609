// Lists where other programs insert documents of any shape.
#include "backends/mongodb/mongodb_task_lister.h"

#include <set>

#include "backends/mongodb/mongodb_queue_fixture.h"

namespace leptir::mongodb {
namespace {

using ::testing::ElementsAre;
class MongodbTaskListerTest : public MongodbQueueTest {
 protected:
  std::vector<FoundTask> all(const TaskFilter& filter = {}, std::size_t limit = 1000) {
    std::vector<FoundTask> tasks;
    std::string cursor;
    for (int pages = 0; pages < 1000; ++pages) {
      auto page = must(broker->keeper().list(filter, cursor, limit));
      for (auto& each : page.tasks) tasks.push_back(std::move(each));
      cursor = page.cursor;
      if (cursor.empty()) return tasks;
    }
    ADD_FAILURE() << "the list does not end";
    return tasks;
  }
  Ids ids(const TaskFilter& filter = {}, std::size_t limit = 1000) {
    Ids ids;
    for (const auto& each : all(filter, limit)) ids.push_back(each.id);
    return ids;
  }

  std::unique_ptr<MongodbBroker> broker = open();
  std::unique_ptr<BrokerSession> session = openSession(*broker, 'a');
};

TEST_F(MongodbTaskListerTest, TasksOfPhpAreAdoptedAndListed) {
  insert(R"({"cn": "Test", "td": {"id": "second", "parameters": []}, "_id": "6553f1100.44807438"})");
  insert(R"({"cn": "Test", "td": {"id": "first", "parameters": []}, "_id": "6553f1000.44807438"})");
  EXPECT_EQ(must(broker->keeper().earliestDue()), Time(1'700'000'000s));
  EXPECT_THAT(ids({}, 1), ElementsAre("first", "second"));
}

TEST_F(MongodbTaskListerTest, TasksOfOneTimeWithIdsOfAllTypesAreListedOnce) {
  for (const char* const id : {"1", "2.5", R"("a")", R"("b")", R"({"x": 1})", R"({"$oid": "6553f1006553f1006553f100"})",
                               "true", R"({"$date": "2020-01-01T00:00:00Z"})"})
    insert(std::string(R"({"toex": 1600000000, "cn": "Test", "td": {"id": "t"}, "_id": )") + id + "}");
  for (const std::size_t limit : {1, 2, 3, 8}) {
    const auto listed = all({}, limit);
    std::set<std::string> distinct;
    for (const auto& each : listed) distinct.insert(each.envelope);
    EXPECT_EQ(listed.size(), 8u) << limit;
  }
}

TEST_F(MongodbTaskListerTest, DocumentsWithArraysAreLeftOutUntilALeaseHasRepairedThem) {
  insert(R"({"_id": "d", "leptir": [{"state": "waiting", "due": {"$date": "2020-01-01T00:00:00Z"}}]})");
  insert(R"({"_id": "e", "leptir": {"state": ["waiting"], "due": {"$date": "2020-01-01T00:00:00Z"}}})");
  insert(R"({"_id": "f", "leptir": {"state": "waiting", "due": [{"$date": "2020-01-01T00:00:00Z"}]}})");
  must(broker->pushBrokerTasks(tasks("t", 2)));
  EXPECT_EQ(ids({}, 1).size(), 2u);
  pop(*session);
  pop(*session);
  EXPECT_EQ(ids({}, 1).size(), 5u);
}

TEST_F(MongodbTaskListerTest, BuriedTasksWithOneNumberAreListedOnce) {
  for (int i = 0; i < 10; ++i)
    insert(
        R"({"_id": "b)" + std::to_string(i) + R"(", "cn": "Test", "td": {"id": "b)" + std::to_string(i) +
        R"("}, "leptir": {"state": "buried", "due": {"$date": "2020-01-01T00:00:00Z"}, "buriedAt": 7, "reason": "why"}})");
  insert(R"({"_id": "f", "cn": "Test", "leptir": {"state": "buried", "buriedAt": 7.5}})");
  insert(R"({"_id": "g", "cn": "Test", "leptir": {"state": "buried", "buriedAt": 8}})");
  for (const std::size_t limit : {1, 3, 12}) {
    const auto listed = ids({}, limit);
    EXPECT_EQ(listed.size(), 12u) << limit;
  }
  EXPECT_EQ(all({.reasonContains = "why"}, 3).size(), 10u);
}

TEST_F(MongodbTaskListerTest, ANameMayHaveALeadingBackslash) {
  insert(R"({"cn": "\\App\\Job", "td": {"id": "leading", "parameters": []}, "_id": "6553f1000.1"})");
  insert(R"({"cn": "App\\Job", "td": {"id": "plain", "parameters": []}, "_id": "6553f1000.2"})");
  insert(R"({"cn": "App\\Jobs", "td": {"id": "other", "parameters": []}, "_id": "6553f1000.3"})");
  EXPECT_THAT(ids({.name = "App\\Job"}, 1), ElementsAre("leading", "plain"));
  EXPECT_THAT(ids({.name = "\\App\\Job"}, 1), ElementsAre("leading", "plain"));
}

TEST_F(MongodbTaskListerTest, CursorsOfOtherFormsAreRefused) {
  for (const auto* cursor : {"x", "w:1", "w:x:00", "w:1:00", "b:1", "w::", "ww"}) {
    const auto listed = broker->keeper().list({}, cursor, 1);
    ASSERT_FALSE(listed) << cursor;
    EXPECT_EQ(listed.error().code(), ErrorCode::Invalid);
  }
}

TEST_F(MongodbTaskListerTest, TasksOfPhpAreRemovedAndRescheduledByTheirIds) {
  insert(R"({"cn": "Test", "td": {"id": "a", "parameters": []}, "_id": "6553f1100.44807438"})");
  EXPECT_EQ(must(broker->keeper().reschedule(Ids{"a"}, {})), 1u);
  EXPECT_EQ(must(broker->keeper().find("a")).state, TaskState::Due);
  insert(R"({"cn": "Test", "td": {"id": "b", "parameters": []}, "_id": "6553f1100.44807439"})");
  EXPECT_EQ(must(broker->keeper().removeMany(Ids{"a", "b"})), 2u);
  EXPECT_EQ(must(broker->tasksCount()), TaskCounts{});
}

TEST_F(MongodbTaskListerTest, IdsThatAreNoUtf8AreOfNoTask) {
  EXPECT_EQ(must(broker->keeper().removeMany(Ids{"\xff"})), 0u);
  EXPECT_EQ(must(broker->keeper().reschedule(Ids{"\xff"}, {})), 0u);
  EXPECT_EQ(ids({.idPrefix = "\xff"}), Ids{});
  EXPECT_EQ(ids({.name = "\xff"}), Ids{});
}

}  // namespace
}  // namespace leptir::mongodb
