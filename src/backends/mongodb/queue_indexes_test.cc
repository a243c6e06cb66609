#include "backends/mongodb/queue_indexes.h"

#include <set>

#include "backends/mongodb/mongodb_queue_fixture.h"
#include "tests/support/mongodb_proxy.h"

namespace leptir::mongodb {
namespace {

using ::testing::HasSubstr;

class QueueIndexesTest : public MongodbQueueTest {};

TEST_F(QueueIndexesTest, OpeningMakesTheIndexes) {
  open();
  std::set<std::string> names;
  const auto listed = database.ask(R"({"listIndexes": "tasks"})");
  for (const auto& index : listed.at("cursor").at("firstBatch")) names.insert(index.at("name"));
  EXPECT_EQ(names, (std::set<std::string>{"_id_", "leptir_buried", "leptir_due", "leptir_id", "leptir_session"}));
}

TEST_F(QueueIndexesTest, AnIndexIsMadeThoughAnotherProcessMakesItAtTheSameTime) {
  MongodbProxy proxy(server);
  proxy.inject({"createIndexes", "tasks", 1}, MongodbFault::error(MongodbFault::When::Before, 1, "deadlock detected"));
  const auto opened = tryOpen(proxy.uri());
  EXPECT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(proxy.faults(), 1);
  EXPECT_EQ(database.ask(R"({"listIndexes": "tasks"})").at("cursor").at("firstBatch").size(), 5u);
}

TEST_F(QueueIndexesTest, AUserWhoMayNotMakeThemIsToldWhichToCreate) {
  MongodbProxy proxy(server);
  proxy.inject({"createIndexes", "", 0, MongodbCommands::kAlways},
               MongodbFault::error(MongodbFault::When::Before, 13, "Unauthorized"));
  const auto opened = tryOpen(proxy.uri());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(opened.error().message(), HasSubstr("the indexes leptir_due, leptir_session, leptir_buried, leptir_id"));
  EXPECT_THAT(opened.error().message(), HasSubstr("createIndex({\"leptir.state\": 1, \"leptir.due\": 1, \"_id\": 1}"));
  open();
  EXPECT_TRUE(tryOpen(proxy.uri())) << "once another user has made them";
}

TEST_F(QueueIndexesTest, InspectionOfACollectionThatIsNotThereIsNotFoundAndMakesNone) {
  const auto opened = tryOpen(server.uri(), BrokerUse::Inspect);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::NotFound);
  EXPECT_TRUE(database.ask(R"({"listCollections": 1})").at("cursor").at("firstBatch").empty());
}

TEST_F(QueueIndexesTest, TheRightsOfADispatcherCanBeTriedWithoutAChange) {
  const auto broker = open();
  EXPECT_TRUE(broker->checkRights());
  EXPECT_TRUE(stored().empty());
  MongodbProxy proxy(server);
  const auto other = must(tryOpen(proxy.uri()));
  for (const auto& collection : {"tasks", "tasks.sessions", "tasks.fleet"}) {
    for (const auto& command : {"find", "insert", "update", "delete"}) {
      proxy.inject({command, collection}, MongodbFault::error(MongodbFault::When::Before, 13, "Unauthorized"));
      const auto tried = other->checkRights();
      ASSERT_FALSE(tried) << command;
      EXPECT_EQ(tried.error().code(), ErrorCode::Invalid);
      EXPECT_THAT(tried.error().message(), HasSubstr(std::string("in the collection ") + collection));
    }
  }
}

TEST_F(QueueIndexesTest, TryingTheRightsFindsAMissingIndexThatTheUserMayNotMakeAndMakesNone) {
  open();
  database.ask(R"({"dropIndexes": "tasks", "index": "leptir_due"})");
  MongodbProxy proxy(server);
  const auto other = must(tryOpen(proxy.uri(), BrokerUse::Inspect));
  EXPECT_TRUE(other->checkRights());
  proxy.inject({"createIndexes"}, MongodbFault::error(MongodbFault::When::Before, 13, "Unauthorized"));
  const auto tried = other->checkRights();
  ASSERT_FALSE(tried);
  EXPECT_EQ(tried.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(tried.error().message(), HasSubstr("the index leptir_due of the collection tasks is missing"));
  EXPECT_EQ(database.ask(R"({"listIndexes": "tasks"})").at("cursor").at("firstBatch").size(), 4u);
}

TEST_F(QueueIndexesTest, TryingTheRightsWhereOnlyPhpHasPushedMakesNoCollection) {
  insert(R"({"cn": "Test", "td": {"id": "php"}, "_id": "6553f1000.44807438"})");
  EXPECT_TRUE(must(tryOpen(server.uri(), BrokerUse::Inspect))->checkRights());
  EXPECT_EQ(database.ask(R"({"listCollections": 1})").at("cursor").at("firstBatch").size(), 1u);
}

TEST_F(QueueIndexesTest, WhereThereIsNoCollectionTheOtherRightsAreTried) {
  MongodbProxy proxy(server);
  proxy.inject({"update", "tasks"}, MongodbFault::error(MongodbFault::When::Before, 13, "Unauthorized"));
  const auto opened = tryOpen(proxy.uri(), BrokerUse::Inspect);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(opened.error().message(), HasSubstr("to update in the collection tasks"));
}

TEST_F(QueueIndexesTest, OnAShardedCollectionIdsAreNotUniqueAndAWarningSaysSo) {
  MongodbProxy proxy(server);
  const auto pool = must(MongodbPool::open(addressOf(proxy.uri()), 0s));
  MongodbQueue queue(pool, std::make_unique<MongodbClient>(pool), "tasks", {.isSharded = true});
  proxy.inject({"createIndexes", "tasks", 3}, MongodbFault::error(MongodbFault::When::Before, 67, "CannotCreateIndex"));
  const auto warnings = must(prepareIndexes(queue));
  EXPECT_EQ(proxy.faults(), 1);
  EXPECT_FALSE(queue.hasUniqueIds);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], HasSubstr("cannot refuse a repeated id"));
}

TEST_F(QueueIndexesTest, ALeaseThatWouldReadTheWholeCollectionIsAWarning) {
  MongodbProxy proxy(server);
  proxy.inject({"explain"}, MongodbFault::reply(MongodbFault::When::Before,
                                                R"({"queryPlanner": {"winningPlan": {"stage": "SORT", "inputStage": )"
                                                R"({"stage": "COLLSCAN"}}}, "ok": 1.0})"));
  const auto warnings = must(tryOpen(proxy.uri()))->traits().warnings;
  EXPECT_THAT(warnings, testing::Contains(HasSubstr("does not use the index leptir_due")));
}

TEST_F(QueueIndexesTest, AStandaloneServerIsAWarningAndAReplicaSetIsNone) {
  MongodbProxy proxy(server);
  proxy.announce({});
  EXPECT_THAT(must(tryOpen(proxy.uri()))->traits().warnings, testing::IsEmpty());
  if (server.kind().isReplicated) return;
  EXPECT_THAT(open()->traits().warnings, testing::ElementsAre(HasSubstr("the server is standalone")));
}

}  // namespace
}  // namespace leptir::mongodb
