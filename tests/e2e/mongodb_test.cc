// Instances and commands on a real server that speaks MongoDB's protocol, and PHP producers that use the same
// collections.
#include <csignal>

#include "tests/e2e/installation.h"
#include "tests/support/mongodb_server.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

class MongodbTest : public Installation {
 protected:
  MongodbTest() { configure(); }

  std::string connection(const std::string& more = "") const {
    return "{ uri: \"" + server.uri() + "\", database: " + database.name() + more + " }";
  }
  void configure(const std::string& daemon = "", const std::string& rest = "") {
    writeConfig("leptir:\n  brokers: [{ type: mongodb, connection: " + connection() +
                " }]\n  meta_storage: [{ type: mongodb, connection: " + connection() +
                ", configuration: { expire_after_seconds: 86400 } }]\n" +
                "  daemon: { configuration: { number_of_workers: 2" + daemon + " } }\n" + rest);
  }
  // Inserts a document as a PHP producer does.
  void pushAsPhp(const std::string& id, const std::string& name, const std::string& parameters = "[]") {
    char due[32];
    std::snprintf(due, sizeof due, "%08lx0.%s", static_cast<long>(std::time(nullptr)), "98465517");
    database.ask(R"({"insert": "tasks", "documents": [{"cn": ")" + name +
                 R"(", "pr": 0, "tl": 0, "toex": "", "td": {"id": ")" + id + R"(", "parameters": )" + parameters +
                 R"(}, "_id": ")" + due + R"("}]})");
  }
  Json find(const std::string& collection, const std::string& filter = "{}") {
    return database.ask(R"({"find": ")" + collection + R"(", "filter": )" + filter + "}").at("cursor").at("firstBatch");
  }
  Json record(const std::string& id) {
    const auto found = find("info", R"({"_id": ")" + id + "\"}");
    return found.empty() ? Json() : found.at(0);
  }
  bool isDone(const std::string& id) {
    const auto saved = record(id);
    return saved.is_object() && saved.at("status") == 3;
  }

  MongodbServer& server = sharedMongodbServer();
  MongodbDatabase database{server};
};

TEST_F(MongodbTest, PushesRunsAndRecordsATaskInTheCollectionsOfPhpLeptir) {
  const auto id = push({"noop", "text=hello"});
  const auto waiting = find("tasks");
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_EQ(waiting[0].at("cn"), "noop");
  EXPECT_EQ(waiting[0].at("td").at("id"), id);
  EXPECT_EQ(waiting[0].at("td").at("parameters"), (Json{{"text", "hello"}}));
  EXPECT_EQ(info(id).at("state"), "due");
  ASSERT_EQ(drain(), 0);
  const auto saved = record(id);
  EXPECT_EQ(saved.at("status"), 3);
  EXPECT_EQ(saved.at("retC"), 1);
  EXPECT_EQ(saved.at("type"), "noop");
  EXPECT_TRUE(saved.at("exStart").contains("$date"));
  EXPECT_TRUE(saved.at("leptir").contains("expires"));
  EXPECT_EQ(info(id).at("cause"), "finished");
  EXPECT_EQ(find("tasks").size(), 0u);
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

TEST_F(MongodbTest, RunsTasksThatPhpPushed) {
  pushAsPhp("145596b0468b93b22a4.02397032", "noop");
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(record("145596b0468b93b22a4.02397032").at("retC"), 1);
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

TEST_F(MongodbTest, AnIdWhoseTaskPhpTookCanBePushedAgain) {
  push({"noop", "--id=mine"});
  push({"noop", "--id=mine"});
  EXPECT_EQ(find("tasks").size(), 1u);
  database.ask(R"({"delete": "tasks", "deletes": [{"q": {}, "limit": 0}]})");
  push({"noop", "--id=mine"});
  EXPECT_EQ(find("tasks").size(), 1u);
}

TEST_F(MongodbTest, BuriesDocumentsThatAreNoTasksAsTheyCameAndRunsTheOthers) {
  database.ask(
      R"({"insert": "tasks", "documents": [{"_id": 1}, {"_id": {"a": [1]}, "cn": 17}, {"_id": "x", "cn": "noop", "td": 5},
                   {"cn": [], "td": {}}]})");
  const auto id = push({"noop"});
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(record(id).at("retC"), 1);
  EXPECT_EQ(status().at("brokers").at(0).at("buried"), 4);
  EXPECT_EQ(find("tasks", R"({"cn": 17, "_id": {"a": [1]}})").size(), 1u);
}

TEST_F(MongodbTest, AnIdleInstanceRunsPushedTasksSoon) {
  configure(", empty_queue_sleep_time: 0.2");
  const auto instance = start();
  waitUntilRunning();
  const auto pushed = std::chrono::steady_clock::now();
  const auto id = push({"noop"});
  pushAsPhp("php", "noop");
  ASSERT_TRUE(eventually([&] { return isDone(id) && isDone("php"); })) << instance->output();
  EXPECT_LT(std::chrono::steady_clock::now() - pushed, 5s);
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
}

TEST_F(MongodbTest, CancelRemovesAWaitingTaskAndEndsARunningOne) {
  const auto waiting = push({"noop", "--delaySeconds=1000"});
  EXPECT_EQ(leptir({"cancel", waiting}).exit, 0);
  EXPECT_EQ(info(waiting).at("cause"), "cancelled");
  const auto running = push({"sleep", "seconds:=1000"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return status().at("brokers").at(0).at("leased") == 1; })) << instance->output();
  EXPECT_EQ(leptir({"cancel", running}).exit, 0);
  ASSERT_TRUE(eventually([&] { return isDone(running); })) << instance->output();
  EXPECT_EQ(record(running).at("cause"), "cancelled");
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
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

TEST_F(MongodbTest, TasksOfAKilledInstanceRunAsSoonAsItIsStartedAgain) {
  const auto id = push({"sleep", "seconds:=1"});
  const auto killed = start();
  ASSERT_TRUE(eventually([&] { return info(id).at("state") == "leased"; })) << killed->output();
  killed->signal(SIGKILL);
  killed->waitForExit();
  const auto next = start({"--drain"});
  ASSERT_TRUE(eventually([&] { return isDone(id); }, 20s)) << "a lease would last a minute";
  EXPECT_EQ(record(id).at("attempt"), 2);
  EXPECT_EQ(next->waitForExit(), 0);
}

TEST_F(MongodbTest, CheckNamesTheServerAndWhatIsLostWithoutRetryableWrites) {
  const auto answer = leptir({"check"});
  EXPECT_EQ(answer.exit, 0) << answer.out << answer.err;
  EXPECT_THAT(answer.out, HasSubstr(server.kind().name.substr(0, 8)));
}

TEST_F(MongodbTest, AWrongPasswordIsReportedWithoutThePassword) {
  MongodbServer other({.access = MongodbServer::Access::Users});
  const auto where = "{ host: 127.0.0.1, port: " + std::to_string(other.port()) +
                     ", user: leptir, password: leptir-geheim, options: { serverSelectionTimeoutMS: 500 } }";
  writeConfig("leptir:\n  brokers: [{ type: mongodb, connection: " + where + " }]\n");
  const auto refused = leptir({"check"});
  EXPECT_EQ(refused.exit, 69);
  EXPECT_THAT(refused.out + refused.err, Not(HasSubstr("geheim")));
  EXPECT_THAT(refused.out + refused.err, HasSubstr("127.0.0.1:" + std::to_string(other.port())));
}

TEST_F(MongodbTest, AnInstanceConnectsLaterToAServerThatIsDownAtTheStart) {
  MongodbServer other;
  const auto where = "{ uri: \"" + other.uri("serverSelectionTimeoutMS=500") + "\" }";
  writeConfig("leptir:\n  brokers: [{ type: mongodb, connection: " + where +
              " }]\n  meta_storage: [{ type: mongodb, connection: " + where + " }]\n");
  other.stop();
  EXPECT_EQ(leptir({"push", "noop"}).exit, 69);
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return status().at("instance").is_object(); }));
  other.start();
  const auto id = push({"noop"});
  EXPECT_TRUE(eventually([&] { return hasSucceeded(id); })) << instance->output();
}

}  // namespace
}  // namespace leptir::e2e
