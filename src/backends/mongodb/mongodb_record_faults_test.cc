// Records on a server that refuses, or whose replies are lost.
#include <gmock/gmock.h>

#include "backends/mongodb/mongodb_record_fixture.h"
#include "tests/support/mongodb_proxy.h"

namespace leptir::mongodb {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// A storage behind a proxy that fails on command.
class MongodbRecordFaultsTest : public testing::Test {
 protected:
  using When = MongodbFault::When;

  std::unique_ptr<SimpleMetaStorage> open() { return openStorage(backend, proxy.uri(), database.name(), 1h); }

  // The round trips of saving these records.
  int roundTripsOf(SimpleMetaStorage& storage, const std::vector<MetaInfo>& records) {
    proxy.forget();
    save(storage, records);
    return proxy.roundTrips();
  }

  static std::vector<MetaInfo> batch(std::uint64_t lease, int attempt) {
    std::vector<MetaInfo> records;
    for (int i = 0; i < 64; ++i) {
      records.push_back(record("t" + std::to_string(i), lease));
      records.back().attempt = attempt;
    }
    return records;
  }

  MongodbDatabase database{sharedMongodbServer()};
  MongodbProxy proxy{database.server()};
  MongodbBackend backend;
};

TEST_F(MongodbRecordFaultsTest, ABatchIsOneRoundTripWhetherTasksHaveARecordOrNot) {
  const auto storage = open();
  save(*storage, {record("first")});
  EXPECT_EQ(roundTripsOf(*storage, batch(1, 1)), 1);
  EXPECT_EQ(roundTripsOf(*storage, batch(2, 2)), 1);
  EXPECT_EQ(roundTripsOf(*storage, batch(2, 1)), 3) << "an insert, an update and a look, all in vain";
}

TEST_F(MongodbRecordFaultsTest, ASaveWhoseReplyWasLostIsUnavailableAndHarmlessToRepeat) {
  const auto storage = open();
  for (const auto* command : {"insert", "update"}) {
    for (const auto when : {When::Before, When::After}) {
      const std::string id = std::string(command) + (when == When::Before ? "1" : "2");
      auto info = record(id, 1, "ours");
      info.attempt = command == std::string("insert") ? 1 : 2;
      proxy.inject({.name = command}, MongodbFault::close(when));
      const auto saved = storage->saveMetaInfo(std::vector{info});
      EXPECT_TRUE(saved || saved.error().code() == ErrorCode::Unavailable);
      save(*storage, {info});
      EXPECT_EQ(responseOf(*storage, id), "ours");
    }
  }
}

TEST_F(MongodbRecordFaultsTest, OnAReplicaSetALostReplyIsNoErrorAtAll) {
  proxy.announce({});
  const auto storage = open();
  proxy.inject({.name = "insert"}, MongodbFault::close(When::After));
  save(*storage, {record("a", 1, "ours")});
  EXPECT_EQ(responseOf(*storage, "a"), "ours");
}

TEST_F(MongodbRecordFaultsTest, ErrorsThatEndByThemselvesAreUnavailable) {
  const auto storage = open();
  for (const int code : {10107, 189, 91, 11600, 11602, 13435, 112}) {
    proxy.inject({.name = "insert"}, MongodbFault::error(When::Before, code, "Name"));
    const auto saved = storage->saveMetaInfo(std::vector{record("a" + std::to_string(code))});
    ASSERT_FALSE(saved) << code;
    EXPECT_EQ(saved.error().code(), ErrorCode::Unavailable) << code;
    save(*storage, {record("a" + std::to_string(code))});
  }
}

TEST_F(MongodbRecordFaultsTest, ARecordThatTheServerRefusesIsSavedWithItsJsonAsText) {
  const auto storage = open();
  auto info = record("a", 1, "went well");
  info.additional = R"({"name": 1})";
  proxy.inject({.name = "insert"}, MongodbFault::writeError(0, 52, "The dollar ($) prefixed field is not valid"));
  save(*storage, {info});
  EXPECT_EQ(responseOf(*storage, "a"), "went well");
  EXPECT_EQ(load(*storage, "a").at("additional"), R"({"name": 1})");
}

TEST_F(MongodbRecordFaultsTest, AUserWhoMayNotMakeIndexesIsToldWhichToMake) {
  proxy.inject({.name = "createIndexes", .times = MongodbCommands::kAlways},
               MongodbFault::error(When::Before, 13, "Unauthorized"));
  const auto storage = open();
  save(*storage, {record("a")});
  const auto warnings = storage->traits().warnings;
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0],
              HasSubstr("the indexes leptir_started, leptir_saved, leptir_expires of the collection info are missing"));
  EXPECT_THAT(warnings[0], HasSubstr(R"(db.getCollection("info").createIndex({"exStart": -1, "leptir.saved": -1}, )"));
  EXPECT_THAT(warnings[0], HasSubstr("expireAfterSeconds: 0"));
}

TEST_F(MongodbRecordFaultsTest, AUserWhoMayOnlyReadIsFoundByTryingTheRights) {
  const auto storage = open();
  proxy.inject({.name = "update", .times = MongodbCommands::kAlways},
               MongodbFault::error(When::Before, 13, "Unauthorized"));
  const auto tried = storage->checkRights();
  ASSERT_FALSE(tried);
  EXPECT_EQ(tried.error().code(), ErrorCode::Invalid);
}

}  // namespace
}  // namespace leptir::mongodb
