#include "backends/mongodb/mongodb_meta_storage.h"

#include <gmock/gmock.h>

#include <thread>

#include "backends/mongodb/mongodb_backend.h"
#include "backends/mongodb/mongodb_record_fixture.h"
#include "tests/support/mongodb_server.h"

namespace leptir::mongodb {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// A storage in a database of its own, on a server whose clock the test moves.
class MongodbMetaStorageTest : public testing::Test {
 protected:
  std::unique_ptr<SimpleMetaStorage> open(std::optional<Duration> expireAfter = {}, MetaUse use = MetaUse::Save) {
    return openStorage(backend, server.uri(), database.name(), expireAfter, use);
  }

  // Inserts a document as another program does.
  void insert(const std::string& document) { database.ask(R"({"insert": "info", "documents": [)" + document + "]}"); }
  // What is stored for the task, as Extended JSON.
  Json stored(const std::string& id) {
    const auto found = database.ask(R"({"find": "info", "filter": {"_id": ")" + id + "\"}}");
    const auto& batch = found.at("cursor").at("firstBatch");
    return batch.empty() ? Json() : batch.at(0);
  }
  std::size_t countStored() { return database.ask(R"({"count": "info"})").at("n").get<std::size_t>(); }

  MongodbServer& server = sharedMongodbServer(MongodbServer::Time::Manual);
  MongodbDatabase database{server};
  MongodbBackend backend{0s};
};

TEST_F(MongodbMetaStorageTest, WritesTheFieldsOfPhpLeptirWithADateAndItsOwnBesideThem) {
  auto info = record("145596b0468b93b22a4.02397032", 7, "sent");
  info.started = Time(1795451575s);
  save(*open(), {info});
  const auto document = stored("145596b0468b93b22a4.02397032");
  EXPECT_EQ(document.at("status"), 3);
  EXPECT_EQ(document.at("retC"), 1);
  EXPECT_EQ(document.at("respM"), "sent");
  EXPECT_EQ(document.at("exStart"), Json::parse(R"({"$date": "2026-11-23T16:32:55Z"})"));
  EXPECT_EQ(document.at("leptir").at("lease"), 7);
  EXPECT_EQ(document.at("leptir").at("step"), 2);
  EXPECT_FALSE(document.at("leptir").contains("expires"));
}

TEST_F(MongodbMetaStorageTest, ReadsRecordsOfPhpLeptirAndReplacesThemWhateverTheLease) {
  insert(R"({"status": 3, "retC": 3, "exTime": 0.5, "respM": "by PHP", "type": "App\\Mail",
             "exStart": {"$date": "2026-11-23T16:32:55Z"}, "userId": 42, "_id": "a"})");
  const auto storage = open();
  const auto byPhp = load(*storage, "a");
  EXPECT_EQ(byPhp.at("id"), "a");
  EXPECT_EQ(byPhp.at("respM"), "by PHP");
  EXPECT_EQ(byPhp.at("userId"), 42);
  EXPECT_EQ(byPhp.at("exStart").at("date"), "2026-11-23 16:32:55.000000");
  save(*storage, {record("a", 0, "ours")});
  EXPECT_EQ(responseOf(*storage, "a"), "ours");
}

TEST_F(MongodbMetaStorageTest, ReplacesDocumentsThatAreNoRecords) {
  insert(R"({"_id": "text", "leptir": "text"}, {"_id": "list", "leptir": [{"lease": 9}]}, {"_id": "empty"},
            {"_id": "words", "leptir": {"lease": "many", "step": null}},
            {"_id": "huge", "leptir": {"lease": {"$numberLong": "9223372036854775807"}, "step": 2}})");
  const auto storage = open();
  for (const auto* id : {"text", "list", "empty", "words", "huge"}) {
    EXPECT_TRUE(storage->loadMetaInfoById(id)) << id;
    save(*storage, {record(id, 1, "ours")});
    EXPECT_EQ(responseOf(*storage, id), "ours") << id;
  }
}

TEST_F(MongodbMetaStorageTest, IgnoresAdditionalFieldsThatLookLikeALease) {
  const auto storage = open();
  auto sly = record("a", 5);
  sly.additional = R"({"leptir": {"lease": 99, "step": 2}, "leptir.lease": 98, "_id": "b", "lease": 97})";
  save(*storage, {sly});
  save(*storage, {record("a", 6, "newer")});
  EXPECT_EQ(responseOf(*storage, "a"), "newer");
  EXPECT_EQ(countStored(), 1u);
}

TEST_F(MongodbMetaStorageTest, KeepsTextsAndNamesThatMongodbCannotHave) {
  const auto storage = open();
  auto strange = record("a", 1, std::string("nul\0 and \xff", 10));
  strange.additional = R"({"a\u0000b": 1, "$set": {"x": 2}, "p.q": 3, "": 4, "deep": {"$gt": 5, "\u0000": 6}})";
  strange.result = R"({"$oid": "no id", "n\u0000": [1]})";
  save(*storage, {strange});
  std::string text;
  writeMetaInfo(strange, text);
  EXPECT_EQ(load(*storage, "a"), Json::parse(text));
}

TEST_F(MongodbMetaStorageTest, KeepsARecordWhoseJsonNestsDeeperThanADocumentMay) {
  const auto storage = open();
  auto deep = record("a", 1, "went well");
  deep.result = std::string(400, '[') + std::string(400, ']');
  save(*storage, {deep, record("b", 1, "beside it")});
  EXPECT_EQ(responseOf(*storage, "a"), "went well");
  EXPECT_EQ(responseOf(*storage, "b"), "beside it");
  EXPECT_FALSE(load(*storage, "a").at("result").is_null());
}

TEST_F(MongodbMetaStorageTest, ARecordThatIsTooLargeKeepsItsOutcomeAndSaysWhatIsMissing) {
  const auto storage = open();
  auto large = record("a", 3, std::string(9 << 20, 'r'));
  large.returnCode = ExitStatus::Error;
  large.envelope = std::string(15 << 20, 'e');
  save(*storage, {large, record("b", 1, "beside it")});
  const auto saved = load(*storage, "a");
  EXPECT_EQ(saved.at("retC"), 3);
  EXPECT_THAT(saved.at("respM").get<std::string>(), HasSubstr("too large for MongoDB"));
  EXPECT_EQ(responseOf(*storage, "b"), "beside it");
}

TEST_F(MongodbMetaStorageTest, MakesAnIndexForListingAndOneThatRemovesExpiredRecords) {
  EXPECT_THAT(open(1h)->traits().warnings, ::testing::IsEmpty());
  std::map<std::string, Json> indexes;
  const auto reply = database.ask(R"({"listIndexes": "info"})");
  for (const auto& index : reply.at("cursor").at("firstBatch")) indexes[index.at("name")] = index;
  EXPECT_EQ(indexes.at("leptir_expires").at("key"), Json::parse(R"({"leptir.expires": 1})"));
  EXPECT_EQ(indexes.at("leptir_expires").at("expireAfterSeconds"), 0);
  EXPECT_TRUE(indexes.contains("leptir_started"));
}

TEST_F(MongodbMetaStorageTest, MakesNothingForCommandsThatOnlyRead) {
  const auto storage = open(1h, MetaUse::Inspect);
  EXPECT_EQ(listed(*storage), Ids{});
  EXPECT_TRUE(database.ask(R"({"listCollections": 1})").at("cursor").at("firstBatch").empty());
}

TEST_F(MongodbMetaStorageTest, WarnsOfAnIndexWithOtherOptionsAndSaysHowToMakeTheRightOne) {
  database.ask(R"({"createIndexes": "info", "indexes":
                   [{"name": "leptir_expires", "key": {"leptir.expires": 1}, "expireAfterSeconds": 5}]})");
  const auto warnings = open(1h)->traits().warnings;
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings[0], HasSubstr(R"(db.getCollection("info").createIndex({"leptir.expires": 1}, )"));
  EXPECT_THAT(warnings[0], HasSubstr("expireAfterSeconds: 0"));
}

TEST_F(MongodbMetaStorageTest, AReplacedRecordExpiresAfterItsOwnFullTime) {
  const auto storage = open(1h);
  save(*storage, {record("a", 1)});
  server.advance(40min);
  save(*storage, {record("a", 2)});
  save(*storage, {record("a", 1)});
  server.advance(59min);
  EXPECT_EQ(load(*storage, "a").at("lease"), 2);
  server.advance(1min);
  EXPECT_EQ(storage->loadMetaInfoById("a").error().code(), ErrorCode::NotFound);
}

TEST_F(MongodbMetaStorageTest, AnExpiredRecordThatIsStillThereIsReplacedByAnOlderOne) {
  const auto storage = open(1h);
  save(*storage, {record("a", 5)});
  server.advance(2h);
  save(*storage, {record("a", 1, "pushed again")});
  EXPECT_EQ(responseOf(*storage, "a"), "pushed again");
}

TEST_F(MongodbMetaStorageTest, ConcurrentWritersOfOneRecordLeaveTheNewest) {
  std::vector<std::unique_ptr<SimpleMetaStorage>> storages;
  for (int i = 0; i < 3; ++i) storages.push_back(open());
  std::vector<std::jthread> writers;
  for (std::uint64_t first : {1, 2, 3}) {
    writers.emplace_back([&, first] {
      for (auto lease = first; lease <= 150; lease += 3)
        save(*storages[first - 1], {record("a", lease), record("b", 151 - lease)});
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(load(*storages[0], "a").at("lease"), 150);
  EXPECT_EQ(load(*storages[0], "b").at("lease"), 150);
}

TEST_F(MongodbMetaStorageTest, AnotherUniqueIndexInTheWayIsAnErrorThatNamesTheTask) {
  database.ask(R"({"createIndexes": "info", "indexes": [{"name": "mine", "key": {"type": 1}, "unique": true}]})");
  const auto storage = open();
  save(*storage, {record("a")});
  const auto saved = storage->saveMetaInfo(std::vector{record("b")});
  ASSERT_FALSE(saved);
  EXPECT_THAT(saved.error().message(), HasSubstr("the record of task b"));
  EXPECT_THAT(saved.error().message(), HasSubstr("unique index"));
}

TEST_F(MongodbMetaStorageTest, ListsByTheTimeWhenTasksBeganAndRecordsOfPhpAmongThem) {
  insert(R"({"_id": "php", "status": 3, "retC": 1, "type": "App", "exStart": {"$date": "2026-11-23T16:32:55Z"}})");
  const auto storage = open();
  auto before = record("before"), after = record("after");
  before.started = Time(1795451574s);
  after.started = Time(1795451576s);
  save(*storage, {after, before});
  EXPECT_EQ(listed(*storage), (Ids{"after", "php", "before"}));
  EXPECT_EQ(listed(*storage, {.name = "App"}), Ids{"php"});
  EXPECT_EQ(listed(*storage, {}, {.offset = 0, .limit = 0}), Ids{});
}

TEST_F(MongodbMetaStorageTest, AnIdThatIsNotUtf8HasNoRecord) {
  const auto storage = open();
  save(*storage, {record("a")});
  const auto loaded = storage->loadMetaInfos(Ids{"\xff", "a"});
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_FALSE(loaded->at(0));
  EXPECT_TRUE(loaded->at(1));
}

TEST_F(MongodbMetaStorageTest, TryingTheRightsChangesNothing) {
  const auto tried = open()->checkRights();
  EXPECT_TRUE(tried) << tried.error().message();
  EXPECT_EQ(countStored(), 0u);
}

TEST_F(MongodbMetaStorageTest, TryingTheRightsWhereThereIsNoCollectionMakesNone) {
  const auto tried = open(1h, MetaUse::Inspect)->checkRights();
  EXPECT_TRUE(tried) << tried.error().message();
  EXPECT_TRUE(database.ask(R"({"listCollections": 1})").at("cursor").at("firstBatch").empty());
}

TEST(MongodbMetaStorageServer, IsUnavailableWhileTheServerIsDownAndWorksAgainAfterwards) {
  MongodbServer server;
  MongodbBackend backend;
  const auto storage = openStorage(backend, server.uri("serverSelectionTimeoutMS=500"), "leptir");
  save(*storage, {record("a", 1, "before")});
  server.stop();
  EXPECT_EQ(storage->saveMetaInfo(std::vector{record("a", 2)}).error().code(), ErrorCode::Unavailable);
  EXPECT_EQ(storage->loadMetaInfoById("a").error().code(), ErrorCode::Unavailable);
  EXPECT_EQ(storage->listMetaInfo({}, {}).error().code(), ErrorCode::Unavailable);
  server.start();
  save(*storage, {record("a", 2, "after")});
  EXPECT_EQ(responseOf(*storage, "a"), "after");
}

}  // namespace
}  // namespace leptir::mongodb
