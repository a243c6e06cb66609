// What a client does on a real server.
#include "backends/mongodb/mongodb_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "backends/mongodb/mongodb_client_fixture.h"
#include "tests/support/child.h"

namespace leptir::mongodb {
namespace {

using ::testing::HasSubstr;

class MongodbClientTest : public testing::Test {
 protected:
  std::vector<Document> stored() {
    return client->find("c", Document(), Document().add("sort", Document().add("_id", 1))).value();
  }

  MongodbDatabase database{sharedMongodbServer()};
  std::unique_ptr<MongodbClient> client = clientOf(database.server().uri(), database);
};

TEST_F(MongodbClientTest, TheServerSaysWhatItIs) {
  const auto info = client->serverInfo();
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_THAT(info->name, testing::MatchesRegex("(MongoDB|FerretDB) [0-9].*"));
  EXPECT_EQ(info->maxDocumentBytes, 16 * 1024 * 1024);
  EXPECT_EQ(info->retriesWrites, database.server().kind().isReplicated);
}

TEST_F(MongodbClientTest, DocumentsAreInsertedFoundUpdatedAndDeleted) {
  auto inserted = client->insertAll("c", numberedDocuments(3));
  ASSERT_TRUE(inserted) << inserted.error().message;
  EXPECT_EQ(inserted->matched, 3);
  EXPECT_THAT(inserted->failures, testing::IsEmpty());
  const Document updates[] = {
      Document().add("q", Document().add("_id", 1)).add("u", Document().add("$set", Document().add("text", "one"))),
      Document().add("q", Document().add("_id", 7)).add("u", Document().add("$set", Document().add("text", "seven"))),
  };
  const auto updated = client->updateAll("c", updates);
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(updated->matched, 1);
  EXPECT_EQ(updated->modified, 1);
  const Document deletes[] = {Document().add("q", Document().add("_id", 0)).add("limit", 1),
                              Document().add("q", Document().add("_id", 9)).add("limit", 1)};
  EXPECT_EQ(client->deleteAll("c", deletes).value().matched, 1);
  const auto rest = stored();
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(DocumentView(rest[0]).text("text"), "one");
  EXPECT_EQ(DocumentView(rest[1]).text("text"), "2");
}

TEST_F(MongodbClientTest, AnUpdateMayBeAPipelineForManyDocumentsOrInsertOne) {
  ASSERT_TRUE(client->insertAll("c", numberedDocuments(3)));
  const Document pipeline[] = {Document().add("$set", Document().add("copy", "$text"))};
  const Document updates[] = {
      Document().add("q", Document()).add("u", std::span<const Document>(pipeline)).add("multi", true),
      Document()
          .add("q", Document().add("_id", "new"))
          .add("u", Document().add("$set", Document().add("text", "made")))
          .add("upsert", true),
  };
  const auto updated = client->updateAll("c", updates);
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_THAT(updated->failures, testing::IsEmpty());
  EXPECT_EQ(updated->matched, 4);
  const auto all = stored();
  ASSERT_EQ(all.size(), 4U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(DocumentView(all[i]).text("copy"), std::to_string(i));
}

TEST_F(MongodbClientTest, AFailureOfOneStatementNamesItAndLeavesTheOthers) {
  ASSERT_TRUE(client->insertAll("c", numberedDocuments(2)));
  const auto again = client->insertAll("c", numberedDocuments(4));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->matched, 2);
  ASSERT_EQ(again->failures.size(), 2U);
  EXPECT_EQ(again->failures[0].index, 0U);
  EXPECT_EQ(again->failures[1].index, 1U);
  EXPECT_EQ(again->failures[0].error.remedy, Remedy::Duplicate);
  EXPECT_EQ(stored().size(), 4U);
}

TEST_F(MongodbClientTest, ADocumentThatIsTooLargeIsRefusedAloneAndNotSent) {
  std::vector<Document> documents = numberedDocuments(2);
  documents.insert(documents.begin() + 1, Document().add("_id", "large").add("text", std::string(17 << 20, 'x')));
  const auto reply = client->insertAll("c", documents);
  ASSERT_TRUE(reply) << reply.error().message;
  ASSERT_EQ(reply->failures.size(), 1U);
  EXPECT_EQ(reply->failures[0].index, 1U);
  EXPECT_EQ(reply->failures[0].error.error().code(), ErrorCode::TooLarge);
  EXPECT_EQ(stored().size(), 2U);
}

TEST_F(MongodbClientTest, NoStatementsAreNoCall) {
  const auto reply = client->insertAll("c", {});
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->matched, 0);
}

TEST_F(MongodbClientTest, ASearchBringsAllBatches) {
  ASSERT_TRUE(client->insertAll("c", numberedDocuments(2500)));
  EXPECT_EQ(stored().size(), 2500U);
  const auto limited = client->find("c", Document(), Document().add("limit", 150));
  ASSERT_TRUE(limited) << limited.error().message;
  EXPECT_EQ(limited->size(), 150U);
}

TEST_F(MongodbClientTest, AFindAndModifyGivesItsWholeReply) {
  ASSERT_TRUE(client->insertAll("c", numberedDocuments(1)));
  const auto reply = client->write(Document()
                                       .add("findAndModify", "c")
                                       .add("query", Document().add("_id", 0))
                                       .add("update", Document().add("$set", Document().add("text", "new")))
                                       .add("new", true));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(DocumentView(*reply).text("value.text"), "new");
}

TEST_F(MongodbClientTest, KeysOfAnyKindAreStored) {
  const Document documents[] = {Document().add("_id", 1).add("", "empty").add("a.b", "point")};
  const auto reply = client->insertAll("c", documents);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_THAT(reply->failures, testing::IsEmpty());
}

TEST_F(MongodbClientTest, AnUnknownCommandIsAMatterOfTheServersVersion) {
  const auto reply = client->read(Document().add("noSuchCommand", 1));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().remedy, Remedy::Configure);
  EXPECT_THAT(reply.error().message, HasSubstr("noSuchCommand"));
}

TEST_F(MongodbClientTest, TheServersTimeIsCountedOnAndNotAhead) {
  const auto first = client->serverTime();
  ASSERT_TRUE(first) << first.error().message;
  const auto ours = systemClock().now();
  const auto rounding = std::chrono::milliseconds(1);  // FerretDB rounds $$NOW to the nearest millisecond
  EXPECT_LE(*first, ours + rounding) << "the server's clock is that of this machine";
  EXPECT_GT(*first, ours - std::chrono::seconds(5));
  EXPECT_GE(client->serverTime().value(), *first);
}

TEST_F(MongodbClientTest, EachThreadHasItsOwnClientOfThePool) {
  auto pool = MongodbPool::open(
      mongodbAddress(mongodbConnectionOf({{"uri", database.server().uri()}, {"database", database.name()}})).value());
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      MongodbClient own(pool.value());
      for (int j = 0; j < 20; ++j) {
        const Document one[] = {Document().add("_id", i * 100 + j)};
        EXPECT_TRUE(own.insertAll("c", one));
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(stored().size(), 80U);
}

TEST_F(MongodbClientTest, APoolThatIsUsedUpSaysSoInTime) {
  auto address = mongodbAddress(mongodbConnectionOf(
      {{"uri", database.server().uri("maxPoolSize=1&waitQueueTimeoutMS=100")}, {"database", database.name()}}));
  auto pool = MongodbPool::open(std::move(*address)).value();
  MongodbClient first(pool), second(pool);
  EXPECT_TRUE(first.serverInfo());
  const auto refused = second.serverInfo();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().remedy, Remedy::Reconnect);
  EXPECT_THAT(refused.error().message, HasSubstr("raise the option maxPoolSize"));
}

TEST_F(MongodbClientTest, AForkedChildIsRefusedAndLeavesTheParentsConnectionsAlone) {
  ASSERT_TRUE(client->insertAll("c", numberedDocuments(1)));
  EXPECT_TRUE(inChild([&] {
    const auto reply = client->read(Document().add("ping", 1));
    const bool isRefused = !reply && reply.error().message.find("after the fork") != std::string::npos;
    client.reset();  // must not end the parent's sessions
    return isRefused;
  }));
  EXPECT_EQ(stored().size(), 1U);
}

TEST_F(MongodbClientTest, AForkedChildOpensAPoolOfItsOwn) {
  ASSERT_TRUE(client->serverInfo());
  EXPECT_TRUE(inChild([&] { return clientOf(database.server().uri(), database)->serverInfo().has_value(); }));
  EXPECT_TRUE(client->read(Document().add("ping", 1)));
}

}  // namespace
}  // namespace leptir::mongodb
