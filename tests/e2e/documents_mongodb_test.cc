// Documents of other programs in the collections of an instance.
#include "tests/e2e/installation.h"
#include "tests/support/mongodb_server.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;

class MongodbDocumentsTest : public Installation {
 protected:
  MongodbDocumentsTest() {
    const auto connection = "connection: { uri: \"" + server.uri() + "\", database: " + database.name() + " }";
    writeConfig("leptir:\n  brokers: [{ type: mongodb, " + connection + " }]\n  meta_storage: [{ type: mongodb, " +
                connection + " }]\n");
  }

  MongodbServer& server = sharedMongodbServer();
  MongodbDatabase database{server};
};

TEST_F(MongodbDocumentsTest, ADocumentThatHasNoRoomToBecomeATaskStaysAndTheLogNamesItAtOnce) {
  constexpr std::size_t kNearlyTheLargest = (std::size_t{16} << 20) - 80;
  database.ask(R"({"insert": "tasks", "documents": [{"_id": "big", "cn": "noop", "td": {"id": "x"}, "pad": ")" +
               std::string(kNearlyTheLargest, 'x') + R"("}]})");
  const auto id = push({"noop"});
  const auto instance = start({"--drain"});
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_THAT(instance->output(), HasSubstr("the document '\"big\"' of the collection 'tasks' cannot become a task"));
  EXPECT_TRUE(hasSucceeded(id));
  const auto left = database.ask(R"({"find": "tasks", "projection": {"_id": 1}})").at("cursor").at("firstBatch");
  EXPECT_EQ(left.size(), 1u) << left;
}

}  // namespace
}  // namespace leptir::e2e
