// What a client does when the server or the network fails: a proxy between them injects it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/mongodb/mongodb_client_fixture.h"
#include "tests/support/mongodb_proxy.h"

namespace leptir::mongodb {
namespace {

using ::testing::HasSubstr;
using When = MongodbFault::When;
using namespace std::chrono_literals;

constexpr auto kMaxCallTime = 5500ms;

class MongodbFailuresTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(client->insertAll("c", numberedDocuments(5))); }

  MongodbResult<std::vector<Document>> findAll() { return client->find("c", Document(), Document()); }
  MongodbResult<WriteReply> insert(int id) {
    const Document one[] = {Document().add("_id", id)};
    return client->insertAll("c", one);
  }
  std::size_t stored() { return database.ask(R"({"count": "c"})").at("n").get<std::size_t>(); }

  MongodbDatabase database{sharedMongodbServer()};
  MongodbProxy proxy{database.server()};
  std::unique_ptr<MongodbClient> client = clientOf(proxy.uri(), database);
};

TEST_F(MongodbFailuresTest, AReadThatLostItsConnectionIsRepeatedOnce) {
  for (const auto when : {When::Before, When::After}) {
    proxy.inject({"find"}, MongodbFault::close(when));
    const auto found = findAll();
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->size(), 5U);
  }
  EXPECT_EQ(proxy.count("find"), 4);
}

TEST_F(MongodbFailuresTest, AReadThatLosesItsConnectionTwiceFails) {
  proxy.inject({"count", "", 0, 2}, MongodbFault::close(When::Before));
  const auto reply = client->read(Document().add("count", "c"));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().remedy, Remedy::Reconnect);
  EXPECT_TRUE(client->read(Document().add("count", "c"))) << "the next call makes a new connection";
}

TEST_F(MongodbFailuresTest, ASearchWhoseCursorIsLostBeginsAgain) {
  proxy.inject({"getMore"}, MongodbFault::error(When::Before, 43, "CursorNotFound"));
  const auto found = client->find("c", Document(), Document().add("batchSize", 2));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->size(), 5U);
  EXPECT_EQ(proxy.count("find"), 2);
}

TEST_F(MongodbFailuresTest, AWriteThatLostItsConnectionIsNotRepeatedWithoutRetryableWrites) {
  const bool isReplicated = database.server().kind().isReplicated;
  client = clientOf(proxy.uri(isReplicated ? "retryWrites=false" : ""), database);
  proxy.inject({"insert"}, MongodbFault::close(When::After));
  proxy.inject({"insert"}, MongodbFault::close(When::Before));
  for (const int id : {10, 11}) {
    const auto reply = insert(id);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().remedy, Remedy::Check) << reply.error().message;
  }
  EXPECT_EQ(stored(), 6U) << "one was applied, one was not, and the client cannot know which";
}

TEST_F(MongodbFailuresTest, AReplicaSetRepeatsAWriteWithoutDoublingIt) {
  proxy.announce({});
  auto own = clientOf(proxy.uri(), database);
  ASSERT_TRUE(own->serverInfo().value().retriesWrites);
  for (const auto when : {When::Before, When::After}) {
    proxy.inject({"update"}, MongodbFault::close(when));
    const Document increments[] = {
        Document().add("q", Document().add("_id", 1)).add("u", Document().add("$inc", Document().add("n", 1)))};
    const auto reply = own->updateAll("c", increments);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->matched, 1);
  }
  EXPECT_EQ(database.ask(R"({"find": "c", "filter": {"_id": 1}})")["cursor"]["firstBatch"][0]["n"], 2);
}

TEST_F(MongodbFailuresTest, AWriteThatLosesItsConnectionTwiceHasToBeLookedFor) {
  proxy.announce({});
  auto own = clientOf(proxy.uri(), database);
  ASSERT_TRUE(own->serverInfo());
  proxy.inject({"findAndModify", "", 0, 2}, MongodbFault::close(When::After));
  const auto reply =
      own->write(Document().add("findAndModify", "c").add("query", Document().add("_id", 1)).add("remove", true));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().remedy, Remedy::Check) << reply.error().message;
}

TEST_F(MongodbFailuresTest, AnErrorOfAServerThatIsNoLongerThePrimaryIsTriedAgain) {
  proxy.inject({"insert"}, MongodbFault::error(When::Before, 10107, "NotWritablePrimary"));
  const auto reply = insert(10);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().remedy, Remedy::Retry) << reply.error().message;
  EXPECT_TRUE(insert(10));
}

TEST_F(MongodbFailuresTest, AnInterruptedWriteIsLookedForAndAnInterruptedReadTriedAgain) {
  for (const auto& [code, name] : {std::pair(189, "PrimarySteppedDown"), std::pair(91, "ShutdownInProgress"),
                                   std::pair(11600, "InterruptedAtShutdown")}) {
    proxy.inject({"insert"}, MongodbFault::error(When::Before, code, name));
    const auto written = insert(10);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().remedy, Remedy::Check) << written.error().message;
    proxy.inject({"find", "", 0, 4}, MongodbFault::error(When::Before, code, name));
    const auto found = findAll();
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().remedy, Remedy::Retry) << found.error().message;
    proxy.heal();
  }
}

TEST_F(MongodbFailuresTest, AWriteWithoutItsMajorityIsLookedFor) {
  proxy.inject({"insert"}, MongodbFault::writeConcernError(64, "WriteConcernFailed"));
  const auto inserted = insert(10);
  ASSERT_FALSE(inserted);
  EXPECT_EQ(inserted.error().remedy, Remedy::Check) << inserted.error().message;
  proxy.inject({"findAndModify"}, MongodbFault::writeConcernError(64, "WriteConcernFailed"));
  const auto modified =
      client->write(Document().add("findAndModify", "c").add("query", Document().add("_id", 1)).add("remove", true));
  ASSERT_FALSE(modified);
  EXPECT_EQ(modified.error().remedy, Remedy::Check) << modified.error().message;
}

TEST_F(MongodbFailuresTest, AReplyThatIsCutHidesTheOutcome) {
  proxy.inject({"insert"}, MongodbFault::cutReply(10));
  const auto reply = insert(10);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().remedy, Remedy::Check) << reply.error().message;
}

TEST_F(MongodbFailuresTest, ASilentServerEndsEachCallInTime) {
  proxy.inject({"find", "", 0, MongodbCommands::kAlways}, MongodbFault::silence(When::Before));
  proxy.inject({"insert", "", 0, MongodbCommands::kAlways}, MongodbFault::silence(When::Before));
  EXPECT_LE(timeOf([&] { EXPECT_EQ(findAll().error().remedy, Remedy::Reconnect); }), kMaxCallTime);
  EXPECT_LE(timeOf([&] { EXPECT_EQ(insert(10).error().remedy, Remedy::Check); }), kMaxCallTime);
  proxy.heal();
  EXPECT_TRUE(findAll());
}

TEST_F(MongodbFailuresTest, AServerThatGoesAndComesBackIsFoundAgain) {
  proxy.leave();
  EXPECT_LE(timeOf([&] { EXPECT_FALSE(findAll()); }), kMaxCallTime);
  const auto reply = insert(10);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().remedy, Remedy::Reconnect) << reply.error().message;
  proxy.comeBack();
  EXPECT_TRUE(findAll());
  EXPECT_TRUE(insert(10));
}

TEST_F(MongodbFailuresTest, AServerThatIsTooOldIsSaidToBe) {
  MongodbHello old;
  old.maxWireVersion = 7;
  proxy.announce(old);
  const auto info = clientOf(proxy.uri(), database)->serverInfo();
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().remedy, Remedy::Configure);
  EXPECT_THAT(info.error().message, HasSubstr("leptir needs MongoDB 4.2 or later"));
}

TEST_F(MongodbFailuresTest, WritesFollowThePrimaryToAnotherMember) {
  MongodbProxy other(database.server());
  announceReplicaSet({&proxy, &other}, 0);
  auto own = clientOf(proxy.uri(), database);
  const Document first[] = {Document().add("_id", 20)};
  ASSERT_TRUE(own->insertAll("c", first));
  EXPECT_EQ(other.count("insert"), 0);
  announceReplicaSet({&proxy, &other}, 1);
  proxy.inject({"insert", "", 0, MongodbCommands::kAlways},
               MongodbFault::error(When::Before, 10107, "NotWritablePrimary"));
  const Document second[] = {Document().add("_id", 21)};
  const auto reply = own->insertAll("c", second);
  if (!reply) {
    EXPECT_EQ(reply.error().remedy, Remedy::Retry) << reply.error().message;
    EXPECT_TRUE(own->insertAll("c", second));
  }
  EXPECT_GE(other.count("insert"), 1);
}

TEST_F(MongodbFailuresTest, ReadsThatMayComeFromASecondaryDoAndAllOthersDoNot) {
  MongodbProxy secondary(database.server());
  announceReplicaSet({&proxy, &secondary}, 0);
  auto own = clientOf(proxy.uri("readPreference=secondary"), database);
  EXPECT_TRUE(own->read(Document().add("count", "c"), ReadFrom::AsConfigured));
  EXPECT_EQ(secondary.count("count"), 1);
  EXPECT_TRUE(own->read(Document().add("count", "c"), ReadFrom::Primary));
  EXPECT_TRUE(own->find("c", Document(), Document()));
  EXPECT_EQ(secondary.count("count"), 1);
  EXPECT_EQ(secondary.count("find"), 0);
}

TEST_F(MongodbFailuresTest, ABrokenConnectionRaisesNoSignal) {
  ::signal(SIGPIPE, SIG_DFL);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(findAll());
    proxy.cut();
    std::ignore = insert(30 + i);
  }
}

TEST_F(MongodbFailuresTest, NothingIsPrintedByLibmongoc) {
  testing::internal::CaptureStderr();
  proxy.leave();
  std::ignore = findAll();
  client.reset();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace leptir::mongodb
