#include "backends/mongodb/mongodb_record_watch.h"

#include <gtest/gtest.h>

#include "backends/mongodb/mongodb_address.h"
#include "tests/support/mongodb_proxy.h"

namespace leptir::mongodb {
namespace {

using namespace std::chrono_literals;
using When = MongodbFault::When;

// The proxy plays a change stream, since not every server has them.
class MongodbRecordWatchTest : public testing::Test {
 protected:
  MongodbRecordWatchTest() { proxy_.announce({}); }

  std::shared_ptr<MongodbPool> pool() {
    Json connection{{"uri", proxy_.uri()}, {"database", database_.name()}, {"collection", "info"}};
    for (const auto& key : mongodbAddressKeys()) {
      if (!connection.contains(key.name)) connection[std::string(key.name)] = key.defaultValue;
    }
    return MongodbPool::open(mongodbAddress(connection).value()).value();
  }
  MongodbFault answer(const std::string& batch, const std::string& changes = "") const {
    return MongodbFault::reply(When::Before, R"({"cursor": {"id": {"$numberLong": "7"}, "ns": ")" + database_.name() +
                                                 R"(.info", ")" + batch + R"(": [)" + changes +
                                                 R"(], "postBatchResumeToken": {"_data": "81"}}, "ok": 1.0})");
  }
  // Answers without a change, of which the fourth is one with a change if `News::One`.
  enum class News { One, None };
  void playStream(News news) {
    proxy_.inject({.name = "changeStream", .collection = "info", .times = MongodbCommands::kAlways},
                  answer("firstBatch"));
    proxy_.inject({.name = "getMore", .times = 3}, answer("nextBatch"));
    if (news == News::One) proxy_.inject({.name = "getMore"}, answer("nextBatch", R"({"_id": {"_data": "82"}})"));
    proxy_.inject({.name = "getMore", .times = MongodbCommands::kAlways}, answer("nextBatch"));
  }

  MongodbDatabase database_{sharedMongodbServer()};
  MongodbProxy proxy_{database_.server()};
  Wake wake_;
};

TEST_F(MongodbRecordWatchTest, ASavedRecordEndsAWait) {
  playStream(News::One);
  const auto watch = MongodbRecordWatch::begin(pool(), "info");
  ASSERT_TRUE(watch) << watch.error().message();
  const auto news = (*watch)->wait(30s, wake_);
  ASSERT_TRUE(news);
  EXPECT_TRUE(news->hasUnknownIds);
  EXPECT_FALSE(news->isWoken);
}

TEST_F(MongodbRecordWatchTest, AsksOnlyForRecordsOfTasksThatAreOver) {
  playStream(News::None);
  ASSERT_TRUE(MongodbRecordWatch::begin(pool(), "info"));
  const auto asked = proxy_.received("changeStream").back().at("pipeline").at(1).at("$match");
  EXPECT_EQ(asked.at("fullDocument.status"), 3);
  EXPECT_EQ(asked.at("operationType"), Json::parse(R"({"$in": ["insert", "replace"]})"));
}

TEST_F(MongodbRecordWatchTest, ARungWakeEndsAWait) {
  playStream(News::None);
  const auto watch = MongodbRecordWatch::begin(pool(), "info");
  ASSERT_TRUE(watch) << watch.error().message();
  wake_.ring();
  EXPECT_TRUE((*watch)->wait(30s, wake_)->isWoken);
}

TEST_F(MongodbRecordWatchTest, TheFirstWaitAfterAPauseSaysThatRecordsMayHaveBeenSaved) {
  playStream(News::None);
  const auto watch = MongodbRecordWatch::begin(pool(), "info");
  ASSERT_TRUE(watch) << watch.error().message();
  (*watch)->suspend();
  EXPECT_TRUE((*watch)->wait(30s, wake_)->hasUnknownIds);
}

TEST_F(MongodbRecordWatchTest, IsUnavailableWhereTheServerRefusesStreams) {
  proxy_.inject({.name = "changeStream", .times = MongodbCommands::kAlways},
                MongodbFault::error(When::Before, 13, "Unauthorized"));
  const auto watch = MongodbRecordWatch::begin(pool(), "info");
  ASSERT_FALSE(watch);
  EXPECT_EQ(watch.error().code(), ErrorCode::Unavailable);
}

}  // namespace
}  // namespace leptir::mongodb
