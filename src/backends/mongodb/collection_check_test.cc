#include "backends/mongodb/collection_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/mongodb/mongodb_queue_fixture.h"
#include "backends/mongodb/mongodb_record_fixture.h"
#include "tests/support/mongodb_proxy.h"

namespace leptir::mongodb {
namespace {

using ::testing::HasSubstr;

// The proxy says what the collection is: not every server has such collections.
class CollectionCheckTest : public MongodbQueueTest {
 protected:
  void say(const std::string& collection, const std::string& description) {
    proxy.inject({"listCollections"},
                 MongodbFault::reply(MongodbFault::When::Before,
                                     R"({"cursor": {"id": {"$numberLong": "0"}, "ns": "x.$cmd.listCollections", )"
                                     R"("firstBatch": [{"name": ")" +
                                         collection + "\", " + description + R"(}]}, "ok": 1.0})"));
  }

  MongodbProxy proxy{server};
  const std::vector<std::pair<std::string, std::string>> unfit{
      {"is a view", R"("type": "view", "options": {"viewOn": "other"})"},
      {"is capped", R"("type": "collection", "options": {"capped": true})"},
      {"is of the kind 'timeseries'", R"("type": "timeseries", "options": {})"}};
};

TEST_F(CollectionCheckTest, AQueueInAViewOrASpecialCollectionIsRefused) {
  for (const auto& [words, description] : unfit) {
    say("tasks", description);
    const auto opened = tryOpen(proxy.uri());
    ASSERT_FALSE(opened) << words;
    EXPECT_EQ(opened.error().code(), ErrorCode::Invalid);
    EXPECT_THAT(opened.error().message(), HasSubstr("the collection 'tasks' " + words));
  }
}

TEST_F(CollectionCheckTest, RecordsInAViewOrASpecialCollectionAreRefused) {
  MongodbBackend backend;
  for (const auto& [words, description] : unfit) {
    say("info", description);
    try {
      openStorage(backend, proxy.uri(), database.name());
      ADD_FAILURE() << words;
    } catch (const std::runtime_error& refused) {
      EXPECT_THAT(refused.what(), HasSubstr("the collection 'info' " + words));
    }
  }
}

TEST_F(CollectionCheckTest, AUserWhoMayNotListCollectionsCanOpenAQueue) {
  open();
  proxy.inject({"listCollections"}, MongodbFault::error(MongodbFault::When::Before, 13, "Unauthorized"));
  EXPECT_TRUE(tryOpen(proxy.uri()));
  EXPECT_EQ(proxy.faults(), 1);
}

}  // namespace
}  // namespace leptir::mongodb
