#include "backends/mongodb/mongodb_push.h"

#include <fmt/format.h>

#include "backends/mongodb/mongodb_queue_fixture.h"
#include "tests/support/mongodb_proxy.h"

namespace leptir::mongodb {
namespace {

using ::testing::HasSubstr;

class MongodbPushTest : public MongodbQueueTest {
 protected:
  std::unique_ptr<MongodbBroker> broker = open();
};

TEST_F(MongodbPushTest, StoresPhpsFieldsAndThenLeptirsOwn) {
  must(broker->pushBrokerTasks(std::vector{task("t", Time(1900000000s))}));
  const auto documents = stored();
  ASSERT_EQ(documents.size(), 1u);
  std::vector<std::string> names;
  for (const auto& [name, value] : documents[0].items()) names.push_back(name);
  EXPECT_EQ(documents[0].at("cn"), "Test");
  EXPECT_EQ(documents[0].at("td").at("id"), "t");
  EXPECT_EQ(documents[0].at("_id").get<std::string>().substr(0, 9), "713fb3000");
  EXPECT_EQ(documents[0].at("leptir").at("state"), "waiting");
}

TEST_F(MongodbPushTest, AnIdOfADocumentThatIsTakenIsNeverOverwrittenAndTheTaskGetsAnother) {
  for (int i = 0; i < 100; ++i) insert(fmt::format(R"({{"_id": "713fb3000.000000{:02}", "is": "another's"}})", i));
  must(broker->pushBrokerTasks(std::vector{task("t", Time(1900000000s))}));
  EXPECT_EQ(stored(R"({"is": "another's"})").size(), 100u);
  const auto pushed = stored(R"({"leptir.id": "t"})");
  ASSERT_EQ(pushed.size(), 1u);
  EXPECT_THAT(pushed[0].at("_id").get<std::string>(), testing::StartsWith("713fb3000.000000"));
}

TEST_F(MongodbPushTest, TasksOfOneTimeAreInTheOrderOfTheirListForPhpToo) {
  std::vector<BrokerTask> list;
  for (int i = 0; i < 300; ++i) list.push_back(task(fmt::format("t{:03}", i), Time(1900000000s)));
  must(broker->pushBrokerTasks(list));
  const auto found = database.ask(R"({"find": "tasks", "sort": {"_id": 1}, "batchSize": 1000})");
  int i = 0;
  for (const auto& document : found.at("cursor").at("firstBatch"))
    EXPECT_EQ(document.at("td").at("id"), fmt::format("t{:03}", i++));
  EXPECT_EQ(i, 300);
}

TEST_F(MongodbPushTest, TasksDueBeyond2106KeepTheirOrderAmongLeptirsOwn) {
  must(broker->pushBrokerTasks(std::vector{task("late", Time(4294967296s)), task("early", Time(4294967295s))}));
  server.advance(std::chrono::hours(24 * 365 * 90));
  const auto session = openSession(*broker, 'a');
  const auto leased = pop(*session);
  ASSERT_EQ(leased.size(), 2u);
  EXPECT_EQ(idIn(leased[0]), "early");
}

TEST_F(MongodbPushTest, AnEnvelopeThatFitsIntoNoDocumentIsTooLargeAndNothingIsAdded) {
  auto large = task("large");
  large.parameters = '"' + std::string(kLargestEnvelope, 'x') + '"';
  const auto pushed = broker->pushBrokerTasks(std::vector{task("small"), large});
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().code(), ErrorCode::TooLarge);
  EXPECT_THAT(pushed.error().message(), HasSubstr("large"));
  EXPECT_TRUE(stored().empty());
}

TEST_F(MongodbPushTest, AParameterNameThatMongodbRefusesIsInvalidAndNothingIsAdded) {
  auto strange = task("strange");
  strange.parameters = R"({"$set": 1})";
  const auto pushed = broker->pushBrokerTasks(std::vector{task("fine"), strange});
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(pushed.error().message(), HasSubstr("strange"));
  EXPECT_TRUE(stored().empty());
}

TEST_F(MongodbPushTest, OfSeveralTasksThoseThatTheServerRefusesAreNamed) {
  MongodbProxy proxy(server);
  const auto other = must(tryOpen(proxy.uri()));
  proxy.inject({"insert", "tasks"}, MongodbFault::writeError(1, 121, "Document failed validation"));
  const auto pushed = other->pushBrokerTasks(std::vector{task("one"), task("refused")});
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(pushed.error().message(), HasSubstr("these tasks were not added: refused"));
}

// The push adopts the document, as a lease does.
TEST_F(MongodbPushTest, AnIdOfATaskThatPhpHasPushedIsNotAddedAgain) {
  insert(R"({"cn": "Test", "td": {"id": "php", "parameters": []}, "_id": "6553f1000.44807438"})");
  must(broker->pushBrokerTasks(std::vector{task("php"), task("new")}));
  EXPECT_EQ(stored().size(), 2u);
  EXPECT_EQ(stored(R"({"td.id": "php", "_id": "6553f1000.44807438"})").size(), 1u);
}

TEST_F(MongodbPushTest, ManyPushesLookForTasksOfPhpOnceInHalfASecond) {
  MongodbProxy proxy(server);
  const auto other = must(tryOpen(proxy.uri()));
  proxy.forget();
  const auto begin = systemClock().bootTime();
  for (int i = 0; i < 20; ++i) must(other->pushBrokerTasks(tasks("t" + std::to_string(i) + "-", 2)));
  EXPECT_LE(proxy.count("find"), 1 + (systemClock().bootTime() - begin) / 500ms) << Json(proxy.counts());
  EXPECT_EQ(proxy.count("insert"), 20);
}

TEST_F(MongodbPushTest, AUserWhoMayNotChangeDocumentsCanPushBesideThoseOfPhp) {
  MongodbProxy proxy(server);
  const auto other = must(tryOpen(proxy.uri()));
  insert(R"({"cn": "Test", "td": {"id": "php"}, "_id": "6553f1000.44807438"})");
  proxy.inject({"update", "tasks"}, MongodbFault::error(MongodbFault::When::Before, 13, "Unauthorized"));
  must(other->pushBrokerTasks(tasks("t", 1)));
  EXPECT_EQ(proxy.faults(), 1);
  EXPECT_EQ(stored().size(), 2u);
}

TEST_F(MongodbPushTest, WithoutAUniqueIndexAPushLooksForItsIdsFirst) {
  must(broker->pushBrokerTasks(std::vector{task("there")}));
  database.ask(R"({"dropIndexes": "tasks", "index": "leptir_id"})");
  const auto pool = must(MongodbPool::open(addressOf(server.uri()), 0s));
  MongodbQueue sharded(pool, std::make_unique<MongodbClient>(pool), "tasks", {});
  sharded.hasUniqueIds = false;
  const std::vector<EncodedTask> again{must(EncodedTask::encode(task("there"))),
                                       must(EncodedTask::encode(task("new")))};
  MongodbAdoption adoption(sharded);
  must(MongodbPush(sharded, adoption).push(again));
  EXPECT_EQ(stored().size(), 2u);
}

}  // namespace
}  // namespace leptir::mongodb
