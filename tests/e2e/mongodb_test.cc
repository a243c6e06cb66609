// What instances and commands do on a server that speaks MongoDB's protocol beyond what holds on each server
// (server_stores_test.cc).
#include <csignal>

#include "tests/e2e/mongodb_store.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

class MongodbTest : public ServerStoreTest {
 protected:
  MongodbTest() : ServerStoreTest(std::make_unique<MongodbStore>()) {}

  MongodbStore& mongodb = static_cast<MongodbStore&>(*store);
  MongodbDatabase& database = mongodb.database;
};

TEST_F(MongodbTest, ATaskAndItsRecordHaveTheFieldsOfPhpLeptir) {
  const auto id = push({"noop", "text=hello"});
  const auto waiting = mongodb.find("tasks");
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_EQ(waiting[0].at("cn"), "noop");
  EXPECT_EQ(waiting[0].at("td").at("id"), id);
  EXPECT_EQ(waiting[0].at("td").at("parameters"), (Json{{"text", "hello"}}));
  ASSERT_EQ(drain(), 0);
  const auto saved = record(id);
  EXPECT_TRUE(saved.at("exStart").contains("$date"));
  EXPECT_TRUE(saved.at("leptir").contains("expires"));
}

// The configuration of PHP leptir's read-me in YAML, and in JSON; only the port is the test's.
TEST(MongodbReadme, TheConfigurationOfPhpLeptirRunsInYamlAndInJson) {
  struct Readme : Installation {
    void TestBody() override {}
    void check(const std::string& configuration, const std::string& file, MongodbServer& server) {
      writeConfig(configuration, file);
      const auto first = push({"noop"}), second = push({"noop", "--priority=2"});
      ASSERT_EQ(drain(), 0);
      for (const auto& id : {first, second}) {
        const auto saved = server.ask("leptir", R"({"find": "info", "filter": {"_id": ")" + id + "\"}}");
        ASSERT_EQ(saved.at("cursor").at("firstBatch").size(), 1u) << id;
        EXPECT_EQ(saved.at("cursor").at("firstBatch").at(0).at("retC"), 1);
      }
      const auto brokers = status().at("brokers");
      EXPECT_EQ(brokers.size(), 2u);
    }
  } readme;
  MongodbServer server;
  const auto port = std::to_string(server.port());
  readme.check(R"(leptir:
  brokers:
    - type: mongodb
      connection:
        collection: tasksp1
        host: localhost
        port: )" + port +
                   R"(
        database: leptir
        options: { secondaryPreferred: true }
      configuration: { priority: 1, task_count_caching_time: 0.6 }
    - type: mongodb
      connection: { collection: tasksp2, port: )" +
                   port + R"( }
      configuration: { priority: 2 }
  daemon:
    configuration: { task_execution_time: 600, number_of_workers: 4, empty_queue_sleep_time: 0.5, workers_active_sleep_time: 0.2 }
  meta_storage:
    - type: mongodb
      connection: { host: localhost, port: )" +
                   port + R"(, database: leptir, collection: info, options: { connect: true } }
)",
               "leptir.yaml", server);
  readme.check(R"({"leptir": {"brokers": [
    {"type": "mongodb", "connection": {"collection": "tasksp1", "host": "localhost", "port": )" +
                   port + R"(, "database": "leptir",
      "options": {"secondaryPreferred": true}}, "configuration": {"priority": 1, "task_count_caching_time": 0.6}},
    {"type": "mongodb", "connection": {"collection": "tasksp2", "port": )" +
                   port + R"(}, "configuration": {"priority": 2}}],
  "daemon": {"configuration": {"task_execution_time": 600, "number_of_workers": 4, "empty_queue_sleep_time": 0.5,
    "workers_active_sleep_time": 0.2}},
  "meta_storage": [{"type": "mongodb", "connection": {"port": )" +
                   port + R"(}}]}})",
               "leptir.json", server);
}

TEST_F(MongodbTest, PhpsQueryFindsWhatLeptirPushed) {
  const auto id = push({"App\\Mail", "--json={\"n\": 10.0}", "--timeLimit=7"});
  char now[32];
  std::snprintf(now, sizeof now, "%08lx0.00000000", static_cast<long>(std::time(nullptr) + 1));
  const auto popped = database.ask(R"({"findAndModify": "tasks", "query": {"_id": {"$lte": ")" + std::string(now) +
                                   R"("}}, "sort": {"_id": 1}, "remove": true})");
  const auto& task = popped.at("value");
  EXPECT_EQ(task.at("cn"), "App\\Mail");
  EXPECT_EQ(task.at("tl"), 7);
  EXPECT_EQ(task.at("toex"), "");
  EXPECT_EQ(task.at("td").at("id"), id);
  EXPECT_EQ(task.at("td").at("parameters"), Json::parse(R"({"n": 10.0})"));
}

TEST_F(MongodbTest, ABuriedDocumentStaysAsItCame) {
  mongodb.pushMalformed();
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(mongodb.find("tasks", R"({"cn": 17, "_id": {"a": [1]}})").size(), 1u);
}

TEST_F(MongodbTest, PushWaitsForTheEndOfItsTaskAndTasksListsAll) {
  const auto instance = start();
  const auto waited = leptir({"push", "noop", "--wait=30"});
  EXPECT_EQ(waited.exit, 0) << waited.out << waited.err;
  const auto threw = push({"throw"});
  ASSERT_TRUE(eventually([&] { return isDone(threw); })) << instance->output();
  const auto listed = leptir({"tasks"});
  EXPECT_EQ(listed.lines().size(), 3u) << listed.out << listed.err;
}

TEST_F(MongodbTest, CheckNamesTheServerAndWhatIsLostWithoutRetryableWrites) {
  const auto answer = leptir({"check"});
  EXPECT_EQ(answer.exit, 0) << answer.out << answer.err;
  EXPECT_THAT(answer.out, HasSubstr(mongodb.server.kind().name.substr(0, 8)));
}

TEST_F(MongodbTest, ARefusedLoginNamesTheServer) {
  configureOn(store->configurationWith("leptir-geheim"));
  const auto& users = sharedMongodbServer({.access = MongodbServer::Access::Users});
  const auto refused = leptir({"check"});
  EXPECT_THAT(refused.out + refused.err, HasSubstr("127.0.0.1:" + std::to_string(users.port())));
}

}  // namespace
}  // namespace leptir::e2e
