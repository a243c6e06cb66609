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

TEST_F(QueueIndexesTest, AUserWhoMayNotMakeThemIsToldWhichToCreate) {
  MongodbProxy proxy(server);
  proxy.inject({"createIndexes", "", 0, MongodbCommands::kAlways},
               MongodbFault::error(MongodbFault::When::Before, 13, "Unauthorized"));
  const auto opened = tryOpen(proxy.uri());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(opened.error().message(), HasSubstr("leptir_due"));
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

TEST_F(QueueIndexesTest, AViewAndACappedCollectionAreRefused) {
  database.ask(R"({"insert": "info", "documents": [{"_id": 1}]})");
  database.ask(R"({"create": "view", "viewOn": "info", "pipeline": []})");
  const auto view = tryOpen(server.uri(), BrokerUse::Dispatch, "view");
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(view.error().message(), HasSubstr("view"));
  MongodbProxy proxy(server);  // not every server has capped collections
  proxy.inject({"listCollections"},
               MongodbFault::reply(MongodbFault::When::Before,
                                   R"({"cursor": {"id": {"$numberLong": "0"}, "ns": "x.$cmd.listCollections", "firstBatch": [)"
                                   R"({"name": "tasks", "type": "collection", "options": {"capped": true}}]}, "ok": 1.0})"));
  const auto capped = tryOpen(proxy.uri());
  ASSERT_FALSE(capped);
  EXPECT_EQ(capped.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(capped.error().message(), HasSubstr("capped"));
}

TEST_F(QueueIndexesTest, TheRightsOfADispatcherCanBeTriedWithoutAChange) {
  const auto broker = open();
  EXPECT_TRUE(broker->tryRights());
  EXPECT_TRUE(stored().empty());
  MongodbProxy proxy(server);
  const auto other = must(tryOpen(proxy.uri()));
  for (const auto& command : {"find", "insert", "update", "delete"}) {
    proxy.inject({command, "tasks"}, MongodbFault::error(MongodbFault::When::Before, 13, "Unauthorized"));
    const auto tried = other->tryRights();
    ASSERT_FALSE(tried) << command;
    EXPECT_EQ(tried.error().code(), ErrorCode::Invalid);
  }
}

}  // namespace
}  // namespace leptir::mongodb
