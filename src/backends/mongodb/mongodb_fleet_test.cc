// What a fleet shares, where the conformance suite cannot look: in the collection.
#include "backends/mongodb/mongodb_fleet.h"

#include "backends/mongodb/mongodb_queue_fixture.h"

namespace leptir::mongodb {
namespace {

class MongodbFleetTest : public MongodbQueueTest {
 protected:
  FleetStore& fleet() { return *broker->fleet(); }
  void insertText(const std::string& document) {
    database.ask(R"({"insert": "tasks.fleet", "documents": [)" + document + "]}");
  }

  std::unique_ptr<MongodbBroker> broker = open();
};

TEST_F(MongodbFleetTest, AnIndexLetsTheServerRemoveWhatHasExpired) {
  const auto listed = database.ask(R"({"listIndexes": "tasks.fleet"})");
  bool isThere = false;
  for (const auto& index : listed.at("cursor").at("firstBatch"))
    isThere = isThere || (index.at("key") == Json{{"expires", 1}} && index.at("expireAfterSeconds") == 0);
  EXPECT_TRUE(isThere);
}

TEST_F(MongodbFleetTest, AVersionIsNotRepeatedAfterTheCollectionWasDropped) {
  must(fleet().put("orders/a", "v", {}));
  const auto before = must(fleet().version());
  database.ask(R"({"drop": "tasks.fleet"})");
  EXPECT_EQ(must(fleet().version()), 0u);
  server.advance(1s);
  must(fleet().put("orders/a", "v", {}));
  EXPECT_GT(must(fleet().version()), before);
}

TEST_F(MongodbFleetTest, DocumentsOfOtherProgramsAreNoTexts) {
  insertText(R"({"_id": "a", "value": 7})");
  insertText(R"({"_id": 17, "value": "text"})");
  insertText(R"({"_id": "b"})");
  must(fleet().put("c", "mine", {}));
  EXPECT_EQ(must(fleet().list("", "", 10)), (std::vector<FleetEntry>{{"c", "mine"}}));
  EXPECT_EQ(fleet().get("a").error().code(), ErrorCode::NotFound);
  must(fleet().put("a", "now mine", {}));
  EXPECT_EQ(must(fleet().get("a")), "now mine");
}

TEST_F(MongodbFleetTest, ATextMayLookLikeAnExpression) {
  for (const auto* text : {"$$NOW", "$value", R"({"$add": [1, 2]})"}) {
    must(fleet().put("a", text, 1h));
    EXPECT_EQ(must(fleet().get("a")), text);
  }
  must(fleet().put("$$NOW", "v", {}));
  EXPECT_EQ(must(fleet().get("$$NOW")), "v");
}

}  // namespace
}  // namespace leptir::mongodb
