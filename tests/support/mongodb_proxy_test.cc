#include "tests/support/mongodb_proxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mongoc/mongoc.h>

#include <thread>

#include "tests/support/local_port.h"
#include "tests/support/wait_until.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;
using When = MongodbFault::When;

// A client of libmongoc. It does not try a server that failed again within five seconds, so a test that goes on after
// an error has a new one.
class Driver {
 public:
  struct Answer {
    bool succeeded = false;
    bson_error_t error{};
    Json reply;
  };

  explicit Driver(const std::string& uri, const std::string& database) : database_(database) {
    ::mongoc_init();
    ::mongoc_log_set_handler(nullptr, nullptr);
    client_ = ::mongoc_client_new(uri.c_str());
    if (client_ == nullptr) throw std::runtime_error("no address: " + uri);
  }
  ~Driver() { ::mongoc_client_destroy(client_); }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // A write that the driver repeats where the server can tell that it did so.
  Answer insert(int id, const std::string& collection = "tasks") {
    auto* const to = ::mongoc_client_get_collection(client_, database_.c_str(), collection.c_str());
    const auto document = BsonDocument::fromJson(R"({"_id": )" + std::to_string(id) + "}");
    Answer answer;
    bson_t reply;
    answer.succeeded = ::mongoc_collection_insert_one(to, document.get(), nullptr, &reply, &answer.error);
    ::mongoc_collection_destroy(to);
    return withReply(std::move(answer), reply);
  }
  Answer command(const std::string& json) {
    const auto document = BsonDocument::fromJson(json);
    Answer answer;
    bson_t reply;
    answer.succeeded = ::mongoc_client_read_command_with_opts(client_, database_.c_str(), document.get(), nullptr,
                                                              nullptr, &reply, &answer.error);
    return withReply(std::move(answer), reply);
  }

 private:
  static Answer withReply(Answer answer, bson_t& reply) {
    answer.reply = Json::parse(BsonDocument(::bson_copy(&reply)).json());
    ::bson_destroy(&reply);
    return answer;
  }

  mongoc_client_t* client_;
  std::string database_;
};

class MongodbProxyTest : public testing::Test {
 protected:
  std::vector<int> ids(const std::string& collection = "tasks") {
    std::vector<int> ids;
    const auto found = database_.ask(R"({"find": ")" + collection + R"(", "sort": {"_id": 1}})");
    for (const auto& document : found["cursor"]["firstBatch"]) ids.push_back(document["_id"]);
    return ids;
  }
  Driver driver(const std::string& options = "") { return Driver(proxy_.uri(options), database_.name()); }

  MongodbDatabase database_{sharedMongodbServer()};
  MongodbProxy proxy_{database_.server()};
};

TEST_F(MongodbProxyTest, AFrozenProxyKeepsWhatItGotAndPassesItOnWhenItThaws) {
  auto driver = this->driver();
  EXPECT_TRUE(driver.insert(1).succeeded);
  proxy_.freeze();
  std::jthread client([&] { EXPECT_TRUE(driver.insert(2).succeeded); });
  EXPECT_TRUE(waitUntil([&] { return proxy_.heldBack() == 1; }));
  EXPECT_EQ(ids(), std::vector{1});
  proxy_.thaw();
  client.join();
  EXPECT_EQ(ids(), (std::vector{1, 2}));
}

TEST_F(MongodbProxyTest, EndsInTimeWhileItHoldsBackACommand) {
  auto proxy = std::make_unique<MongodbProxy>(database_.server());
  Driver driver(proxy->uri(), database_.name());
  EXPECT_TRUE(driver.insert(1).succeeded);
  proxy->freeze();
  std::jthread client([&] { EXPECT_FALSE(driver.insert(2).succeeded); });
  EXPECT_TRUE(waitUntil([&] { return proxy->heldBack() == 1; }));
  proxy.reset();
  client.join();
  EXPECT_EQ(ids(), std::vector{1});
}

TEST_F(MongodbProxyTest, SurvivesConnectionsThatEndWhileOthersBegin) {
  std::vector<std::jthread> clients;
  for (int client = 0; client < 4; ++client)
    clients.emplace_back([&] {
      for (int i = 0; i < 250; ++i) {
        const LocalPort proxy(proxy_.port());
        EXPECT_TRUE(proxy.isListenedTo());
        proxy.hangUp();
      }
    });
  clients.clear();
  EXPECT_TRUE(driver().insert(1).succeeded);
}

TEST_F(MongodbProxyTest, PassesCommandsOnAndCountsThem) {
  auto driver = this->driver();
  EXPECT_TRUE(driver.insert(1).succeeded);
  EXPECT_TRUE(driver.insert(2).succeeded);
  EXPECT_EQ(driver.command(R"({"count": "tasks"})").reply["n"], 2);
  EXPECT_EQ(proxy_.count("insert"), 2);
  EXPECT_GE(proxy_.count("hello"), 1);
  EXPECT_EQ(proxy_.count("update"), 0);
  EXPECT_EQ(proxy_.roundTrips(), 3);
  const auto inserts = proxy_.received("insert");
  ASSERT_EQ(inserts.size(), 2U);
  EXPECT_EQ(inserts[1]["insert"], "tasks");
  EXPECT_EQ(inserts[1]["documents"], Json::parse(R"([{"_id": 2}])"));
  proxy_.forget();
  EXPECT_EQ(proxy_.roundTrips(), 0);
}

TEST_F(MongodbProxyTest, ClosesAConnectionBeforeTheServerGetsACommand) {
  proxy_.inject({"insert"}, MongodbFault::close(When::Before));
  const auto answer = driver().insert(1);
  EXPECT_FALSE(answer.succeeded);
  EXPECT_EQ(answer.error.domain, static_cast<std::uint32_t>(MONGOC_ERROR_STREAM));
  EXPECT_THAT(ids(), testing::IsEmpty());
  EXPECT_EQ(proxy_.faults(), 1);
  EXPECT_TRUE(driver().insert(1).succeeded);
}

TEST_F(MongodbProxyTest, ClosesAConnectionAfterTheServerAppliedACommand) {
  proxy_.inject({"insert"}, MongodbFault::close(When::After));
  EXPECT_FALSE(driver().insert(1).succeeded);
  EXPECT_THAT(ids(), testing::ElementsAre(1));
}

TEST_F(MongodbProxyTest, CutsAReplyShort) {
  proxy_.inject({"insert"}, MongodbFault::cutReply(20));
  EXPECT_FALSE(driver().insert(1).succeeded);
  EXPECT_THAT(ids(), testing::ElementsAre(1));
}

TEST_F(MongodbProxyTest, AnswersWithAnErrorInPlaceOfTheServer) {
  proxy_.inject({"insert"}, MongodbFault::error(When::Before, 112, "WriteConflict", {"TransientTransactionError"}));
  const auto answer = driver().insert(1);
  EXPECT_FALSE(answer.succeeded);
  EXPECT_EQ(answer.error.code, 112U);
  EXPECT_EQ(answer.reply["errorLabels"], Json({"TransientTransactionError"}));
  EXPECT_THAT(ids(), testing::IsEmpty());
}

TEST_F(MongodbProxyTest, AnswersWithAnErrorAfterTheServerAppliedACommand) {
  proxy_.inject({"insert"}, MongodbFault::error(When::After, 11600, "InterruptedAtShutdown"));
  EXPECT_EQ(driver().insert(1).error.code, 11600U);
  EXPECT_THAT(ids(), testing::ElementsAre(1));
}

TEST_F(MongodbProxyTest, AddsAWriteConcernErrorToTheReply) {
  proxy_.inject({"insert"}, MongodbFault::writeConcernError(64, "WriteConcernFailed"));
  const auto answer = driver().insert(1);
  EXPECT_FALSE(answer.succeeded);
  EXPECT_EQ(answer.reply["insertedCount"], 1);
  EXPECT_EQ(answer.reply["writeConcernErrors"][0]["code"], 64);
  EXPECT_THAT(ids(), testing::ElementsAre(1));
}

TEST_F(MongodbProxyTest, AnswersWithAWriteErrorOfAStatement) {
  proxy_.inject({"insert"}, MongodbFault::writeError(0, 11000, "duplicate key"));
  const auto answer = driver().insert(1);
  EXPECT_FALSE(answer.succeeded);
  EXPECT_EQ(answer.error.code, 11000U);
  EXPECT_THAT(ids(), testing::IsEmpty());
}

TEST_F(MongodbProxyTest, DelaysACommandOrItsReply) {
  for (const auto when : {When::Before, When::After}) {
    proxy_.inject({"ping"}, MongodbFault::delay(when, 100ms));
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(driver().command(R"({"ping": 1})").succeeded);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 100ms);
  }
}

TEST_F(MongodbProxyTest, KeepsSilentUntilTheDriverGivesUp) {
  proxy_.inject({"insert", "", 0, 2}, MongodbFault::silence(When::Before));
  EXPECT_FALSE(driver("socketTimeoutMS=100").insert(1).succeeded);
  proxy_.heal();
  proxy_.inject({"insert"}, MongodbFault::silence(When::After));
  EXPECT_FALSE(driver("socketTimeoutMS=100").insert(2).succeeded);
  EXPECT_THAT(ids(), testing::ElementsAre(2));
}

TEST_F(MongodbProxyTest, FailsTheCommandsThatTheTestSelects) {
  proxy_.inject({"insert", "tasks", 1, 2}, MongodbFault::error(When::Before, 1, "InternalError"));
  auto driver = this->driver();
  std::vector<bool> succeeded;
  for (int id = 0; id < 4; ++id) succeeded.push_back(driver.insert(id).succeeded);
  EXPECT_THAT(succeeded, testing::ElementsAre(true, false, false, true));
  proxy_.inject({"insert", "info"}, MongodbFault::error(When::Before, 1, "InternalError"));
  EXPECT_TRUE(driver.insert(9).succeeded);
  EXPECT_FALSE(driver.insert(9, "info").succeeded);
  proxy_.inject({""}, MongodbFault::error(When::Before, 1, "InternalError"));
  EXPECT_TRUE(driver.command(R"({"ping": 1})").succeeded);
  EXPECT_FALSE(driver.command(R"({"count": "tasks"})").succeeded);
}

TEST_F(MongodbProxyTest, ClosesAndRefusesConnectionsUntilTheServerIsBack) {
  auto driver = this->driver();
  EXPECT_TRUE(driver.insert(1).succeeded);
  proxy_.leave();
  EXPECT_FALSE(driver.insert(2).succeeded);
  EXPECT_FALSE(this->driver().insert(3).succeeded);
  proxy_.comeBack();
  EXPECT_TRUE(this->driver().insert(4).succeeded);
  proxy_.cut();
  EXPECT_TRUE(this->driver().insert(5).succeeded);
  EXPECT_THAT(ids(), testing::ElementsAre(1, 4, 5));
}

TEST_F(MongodbProxyTest, MakesADriverRepeatAWriteThatItsServerDidNotGet) {
  proxy_.announce({});
  proxy_.inject({"insert"}, MongodbFault::close(When::Before));
  EXPECT_TRUE(driver().insert(1).succeeded);
  EXPECT_EQ(proxy_.count("insert"), 2);
  EXPECT_EQ(proxy_.retries().repeated(), 0);
  EXPECT_THAT(ids(), testing::ElementsAre(1));
}

TEST_F(MongodbProxyTest, AnswersARepeatedWriteWithoutApplyingItTwice) {
  proxy_.announce({});
  proxy_.inject({"insert"}, MongodbFault::close(When::After));
  const auto answer = driver().insert(1);
  EXPECT_TRUE(answer.succeeded) << answer.error.message;
  EXPECT_EQ(answer.reply["insertedCount"], 1);
  EXPECT_EQ(proxy_.count("insert"), 2);
  EXPECT_EQ(proxy_.retries().repeated(), 1);
  EXPECT_THAT(ids(), testing::ElementsAre(1));
}

TEST_F(MongodbProxyTest, LetsTwoFailuresInARowOut) {
  proxy_.announce({});
  proxy_.inject({"insert", "", 0, 2}, MongodbFault::close(When::After));
  EXPECT_FALSE(driver().insert(1).succeeded);
  EXPECT_THAT(ids(), testing::ElementsAre(1));
}

TEST_F(MongodbProxyTest, MakesADriverRepeatAWriteAfterAnErrorWithTheLabel) {
  proxy_.announce({});
  proxy_.inject({"insert"},
                MongodbFault::error(When::Before, 11602, "InterruptedDueToReplStateChange", {"RetryableWriteError"}));
  EXPECT_TRUE(driver().insert(1).succeeded);
  EXPECT_EQ(proxy_.count("insert"), 2);
}

TEST_F(MongodbProxyTest, AnnouncesAServerWithoutSessions) {
  MongodbHello hello;
  hello.logicalSessionTimeoutMinutes.reset();
  proxy_.announce(hello);
  proxy_.inject({"insert"}, MongodbFault::close(When::Before));
  EXPECT_FALSE(driver().insert(1).succeeded);
  EXPECT_EQ(proxy_.count("insert"), 1);
}

TEST_F(MongodbProxyTest, AnnouncesAServerThatIsTooOldForTheDriver) {
  MongodbHello hello;
  hello.maxWireVersion = 2;
  proxy_.announce(hello);
  EXPECT_THAT(driver().insert(1).error.message, testing::HasSubstr("wire version 2"));
}

TEST_F(MongodbProxyTest, AnnouncesASecondaryWithoutAPrimary) {
  MongodbHello hello;
  hello.role = MongodbHello::Role::Secondary;
  proxy_.announce(hello);
  EXPECT_FALSE(driver("serverSelectionTimeoutMS=500").insert(1).succeeded);
  EXPECT_TRUE(driver("readPreference=secondary").command(R"({"count": "tasks"})").succeeded);
}

TEST_F(MongodbProxyTest, LetsAnotherMemberBecomeThePrimary) {
  const auto retries = std::make_shared<MongodbRetries>();
  MongodbProxy first(database_.server(), retries), second(database_.server(), retries);
  announceReplicaSet({&first, &second}, 0);
  Driver driver(first.uri("serverSelectionTryOnce=false&serverSelectionTimeoutMS=10000"), database_.name());
  EXPECT_TRUE(driver.insert(1).succeeded);
  EXPECT_EQ(first.count("insert"), 1);

  announceReplicaSet({&first, &second}, 1);
  first.inject({"insert"}, MongodbFault::error(When::Before, 10107, "NotWritablePrimary", {"RetryableWriteError"}));
  const auto answer = driver.insert(2);
  EXPECT_TRUE(answer.succeeded) << answer.error.message;
  EXPECT_EQ(second.count("insert"), 1);
  EXPECT_THAT(ids(), testing::ElementsAre(1, 2));
}

}  // namespace
}  // namespace leptir
