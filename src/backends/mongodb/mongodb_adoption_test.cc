#include "backends/mongodb/mongodb_adoption.h"

#include "backends/mongodb/mongodb_due_search.h"
#include "backends/mongodb/mongodb_queue_fixture.h"
#include "tests/support/mongodb_proxy.h"

namespace leptir::mongodb {
namespace {

// Tasks of other programs, of any shape, beside leptir's.
class MongodbAdoptionTest : public MongodbQueueTest {
 protected:
  // The clock stands at 1,700,000,000 s: 6553f100.
  void pushAsPhp(const std::string& id, const std::string& documentId) {
    insert(R"({"cn": "Test", "pr": 0, "tl": 0, "toex": "", "td": {"id": ")" + id + R"(", "parameters": []}, "_id": ")" +
           documentId + "\"}");
  }
  Ids popIds() {
    Ids ids;
    for (const auto& leased : pop(*session)) ids.push_back(idIn(leased));
    return ids;
  }

  std::unique_ptr<MongodbBroker> broker = open();
  std::unique_ptr<BrokerSession> session = openSession(*broker, 'a');
};

TEST_F(MongodbAdoptionTest, ATaskOfPhpIsLeasedAtTheTimeThatItsDocumentNames) {
  pushAsPhp("later", "6553f1100.44807438");
  pushAsPhp("now", "6553f1000.44807438");
  EXPECT_EQ(popIds(), Ids{"now"});
  server.advance(16s);
  EXPECT_EQ(popIds(), Ids{"later"});
}

TEST_F(MongodbAdoptionTest, ATaskOfPhpIsCountedAndFoundBeforeItIsLeased) {
  pushAsPhp("now", "6553f1000.44807438");
  pushAsPhp("later", "6553f1100.44807438");
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 1, .scheduled = 1}));
  pushAsPhp("found", "6553f1100.44807439");
  EXPECT_EQ(must(broker->keeper().find("found")).state, TaskState::Scheduled);
}

TEST_F(MongodbAdoptionTest, TwoTasksOfPhpWithOneIdBothRun) {
  pushAsPhp("same", "6553f1000.44807438");
  pushAsPhp("same", "6553f1000.44807439");
  EXPECT_EQ(popIds(), (Ids{"same", "same"}));
}

TEST_F(MongodbAdoptionTest, EachDocumentOfAnyShapeIsLeasedOnceAndCanBeBuried) {
  for (
      const char* const document :
      {R"({"_id": 1})", R"({"_id": {"a": 1}, "td": 5})", R"({"_id": {"$date": "2020-01-01T00:00:00Z"}, "toex": "x"})",
       R"({"_id": null})", R"({"_id": true, "leptir": 5})", R"({"_id": "a", "leptir": {"state": 7}})",
       R"({"_id": "b", "leptir": {"state": "waiting"}})", R"({"_id": "c", "leptir": {"state": "waiting", "due": 3}})",
       R"({"_id": "c1", "leptir": {"state": "waiting", "due": null}})",
       R"({"_id": "c2", "leptir": {"state": "waiting", "due": []}})",
       R"({"_id": "c3", "leptir": {"state": "waiting", "due": {"a": 1}}})",
       R"({"_id": "c4", "leptir": {"state": "waiting", "due": {"$timestamp": {"t": 1, "i": 1}}}})",
       R"({"_id": "c5", "leptir": {"state": "waiting", "due": {"$numberDecimal": "1.5"}}})",
       R"({"_id": "d", "leptir": [{"state": "waiting", "due": {"$date": "2020-01-01T00:00:00Z"}}]})",
       R"({"_id": "e", "leptir": {"state": ["waiting"], "due": {"$date": "2020-01-01T00:00:00Z"}}})",
       R"({"_id": "f", "leptir": {"state": "waiting", "due": [{"$date": "2020-01-01T00:00:00Z"}]}})",
       R"({"_id": "g", "leptir": {"state": "waiting", "due": {"$date": "2020-01-01T00:00:00Z"}, "lease": "x"}})",
       R"({"_id": "h", "leptir": {"state": "waiting", "due": {"$date": "2020-01-01T00:00:00Z"}, "left": 5, "id": []}})",
       R"({"_id": "i", "cn": "x", "td": {"id": {"$binary": {"base64": "AAAA", "subType": "00"}}}})"})
    insert(document);
  std::vector<TaskBurial> burials;
  std::vector<LeasedTask> all;
  for (auto some = pop(*session, 4); !some.empty(); some = pop(*session, 4))
    all.insert(all.end(), some.begin(), some.end());
  for (const auto& leased : all) burials.push_back({leased.lease, {}, "no task", leased.envelope});
  EXPECT_EQ(burials.size(), 19u);
  EXPECT_TRUE(must(session->bury(burials)).empty());
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.buried = 19}));
  for (const auto& task : must(broker->keeper().listBuried({}))) must(broker->keeper().remove(task.id));
  EXPECT_TRUE(stored().empty());
}

TEST_F(MongodbAdoptionTest, ADocumentOfAnyShapeIsLeasedOneByOneToo) {
  insert(R"({"_id": "d", "leptir": [{"state": "waiting", "due": {"$date": "2020-01-01T00:00:00Z"}}]})");
  insert(R"({"_id": "f", "leptir": {"state": "waiting", "due": [{"$date": "2020-01-01T00:00:00Z"}]}})");
  must(broker->pushBrokerTasks(tasks("t", 1)));
  std::size_t leased = 0;
  while (pop(*session, 1).size() == 1) ++leased;
  EXPECT_EQ(leased, 3u);
}

TEST_F(MongodbAdoptionTest, ADocumentWhoseIdIsTooLongForALeaseIsBuried) {
  insert(R"({"_id": ")" + std::string(3'000, 'x') + R"(", "cn": "Test", "td": {"id": "long"}})");
  must(broker->pushBrokerTasks(tasks("t", 1)));
  EXPECT_EQ(popIds(), Ids{"t1"});
  EXPECT_EQ(must(broker->keeper().find("long")).state, TaskState::Buried);
  must(broker->keeper().remove("long"));
}

// A due time of another type stands before all dates in the index.
TEST_F(MongodbAdoptionTest, ADocumentThatNoSearchFindsDoesNotHideWhenTheNextTaskIsDue) {
  insert(R"({"_id": "x", "leptir": {"state": "waiting", "due": [[5]]}})");
  must(broker->pushBrokerTasks(std::vector{task("t", Time(1'700'000'010s))}));
  const auto pool = must(MongodbPool::open(addressOf(server.uri()), 0s));
  MongodbQueue queue(pool, std::make_unique<MongodbClient>(pool), "tasks", {});
  MongodbAdoption adoption(queue);
  EXPECT_EQ(MongodbDueSearch(queue, adoption, "a:1").nextDue(Time(1'700'000'000s)).value(), Time(1'700'000'010s));
}

// The server cannot search for a negated type by an index.
TEST_F(MongodbAdoptionTest, ItsSearchNamesOnlyRangesOfAnIndex) {
  MongodbProxy proxy(server);
  const auto other = must(tryOpen(proxy.uri()));
  proxy.forget();
  must(other->tasksCount());
  ASSERT_FALSE(proxy.received("find").empty());
  EXPECT_EQ(proxy.received("find")[0].dump().find("$not"), std::string::npos) << proxy.received("find")[0];
}

TEST_F(MongodbAdoptionTest, ADocumentWithoutRoomForLeptirsFieldsDisturbsNoOtherAndIsNamedInTheLogOnce) {
  MongodbProxy proxy(server);
  const auto other = must(tryOpen(proxy.uri()));
  const auto its = openSession(*other, 'b');
  must(broker->pushBrokerTasks(tasks("t", 3)));
  insert(R"({"_id": "large", "cn": "Test", "td": {"id": "large"}})");
  proxy.inject({"update", "tasks"}, MongodbFault::writeError(0, 17419, "Resulting document after update is too large"));
  EXPECT_EQ(pop(*its).size(), 3u);
  const auto notices = other->takeNotices();
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_THAT(notices[0],
              testing::HasSubstr("the document '\"large\"' of the collection 'tasks' cannot become a task"));
  EXPECT_EQ(must(other->tasksCount()), (TaskCounts{.leased = 3}));
  EXPECT_TRUE(other->takeNotices().empty());
  EXPECT_EQ(stored(R"({"_id": "large", "leptir": {"$exists": false}})").size(), 1u) << "it stays as it came";
}

}  // namespace
}  // namespace leptir::mongodb
