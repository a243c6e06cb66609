// Instances and commands on a queue of an emulator of Amazon SQS, with records on SQLite.
#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>

#include "tests/e2e/installation.h"
#include "tests/support/sqs_server.h"
#ifdef LEPTIR_REDIS
#include "tests/support/redis_server.h"
#endif

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

class SqsTest : public Installation {
 protected:
  SqsTest() { configure(); }

  void configure(const std::string& more = "", const std::string& daemon = "", bool withRecords = true) {
    writeConfig("leptir:\n  brokers: [{ type: sqs, connection: { sqs_queue: \"" + queue.address() +
                "\", sqs_key: AKIDEXAMPLE, sqs_secret: geheim, region: us-east-1" + more + " } }]\n" +
                (withRecords ? "  meta_storage: [" + records + "]\n" : "") +
                "  daemon: { configuration: { number_of_workers: 2" + daemon + " } }\n");
  }
  void pushRaw(const std::string& body) { queue.ask("SendMessage", {{"MessageBody", body}}); }
  std::string waiting(const std::string& which = "ApproximateNumberOfMessages") {
    return queue.ask("GetQueueAttributes", {{"AttributeNames", {which}}}).at("Attributes").at(which);
  }

  std::string records = "{ type: sqlite, connection: { path: records.db } }";
  SqsServer& server = sharedSqsServer();
  SqsTestQueue queue{server};
};

TEST_F(SqsTest, PushesRunsAndRecordsATask) {
  const auto id = push({"noop", "text=hello"});
  EXPECT_EQ(waiting(), "1");
  const auto instance = start();
  EXPECT_TRUE(eventually([&] { return hasSucceeded(id); }));
  EXPECT_TRUE(eventually([&] { return waiting("ApproximateNumberOfMessagesNotVisible") == "0"; }));
  EXPECT_EQ(waiting(), "0");
  EXPECT_TRUE(eventually([&] {
    const auto requests = status().at("storeRequests");
    return !requests.is_null() && requests.at("sent").get<int>() >= 3;
  }));
  const auto shown = leptir({"status"}).out;
  EXPECT_THAT(shown, HasSubstr("requests to stores that charge for each request: "));
  EXPECT_THAT(shown, HasSubstr("approximate, and some seconds old: sqs"));
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_THAT(instance->output(), HasSubstr("broker sqs: "));
  EXPECT_THAT(instance->output(), HasSubstr(" requests sent, "));
  EXPECT_THAT(instance->output(), Not(HasSubstr("geheim")));
}

TEST_F(SqsTest, ATaskOfAPhpProducerRunsAndATaskThatIsNoneIsBuriedInItsRecord) {
  pushRaw(R"({"cn":"noop","pr":0,"tl":0,"toex":"","td":{"id":"php1","parameters":[]}})");
  pushRaw(R"({"cn":"noop","td":{"id":"broken","parameters":)");
  const auto instance = start();
  EXPECT_TRUE(eventually([&] { return hasSucceeded("php1"); }));
  EXPECT_TRUE(eventually([&] { return leptir({"info", "broken"}).exit == 0; }));
  EXPECT_EQ(info("broken").at("cause"), "malformed");
  EXPECT_THAT(info("broken").at("envelope").get<std::string>(), HasSubstr("broken"));
}

#ifdef LEPTIR_REDIS
TEST_F(SqsTest, RecordsMayLieInRedis) {
  const RedisServer redis;
  records = "{ type: redis, connection: { scheme: unix, path: " + redis.socket() + " } }";
  configure();
  const auto id = push({"noop"});
  pushRaw("hello");
  EXPECT_EQ(drain(), 0);
  EXPECT_TRUE(hasSucceeded(id));
  EXPECT_EQ(leptir({"tasks", "--cause=malformed"}).lines().size(), 2u) << "a heading and the task";
}
#endif

// The message is deleted from the queue, so its record is all that is left of it.
TEST_F(SqsTest, BytesWithoutAnIdAreBuriedInRecordsOfTheirOwn) {
  const std::vector<std::string> bodies{"hello", "aGVsbG8=", R"({"Type":"Notification","Message":"{}"})",
                                        std::string(1 << 20, 'x'), R"({"cn":7,"td":{}})"};
  for (const auto& body : bodies) pushRaw(body);
  const auto instance = start();
  std::vector<std::string> buried;
  EXPECT_TRUE(eventually([&] {
    buried.clear();
    for (const auto& line : leptir({"tasks", "--json"}).lines()) buried.push_back(Json::parse(line).at("envelope"));
    return buried.size() == bodies.size();
  }));
  EXPECT_THAT(buried, ::testing::UnorderedElementsAreArray(bodies));
  EXPECT_THAT(instance->output(), HasSubstr("its record is without-id-"));
}

TEST_F(SqsTest, ATaskThatFailsIsRetriedWithItsCounters) {
  const auto id = push({"fail", "--maxAttempts=2"});
  const auto instance = start();
  EXPECT_TRUE(eventually([&] {
    const auto found = leptir({"info", id});
    return found.exit == 0 && found.json().value("attempt", 0) == 2;
  }));
  EXPECT_TRUE(eventually([&] { return waiting() == "0"; }));
}

TEST_F(SqsTest, AStopGivesBackARunningTaskWithoutAnAttempt) {
  configure("", ", shutdown_grace: 0");
  const auto id = push({"sleep", "seconds:=60"});
  auto instance = start();
  EXPECT_TRUE(eventually([&] {
    const auto workers = status().at("workers");
    return std::ranges::any_of(workers, [](const Json& worker) { return !worker.at("task").is_null(); });
  }));
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0) << instance->output();
  EXPECT_EQ(waiting(), "1");
  const auto found =
      queue.ask("ReceiveMessage", {{"AttributeNames", {"ApproximateReceiveCount"}}}).at("Messages").at(0);
  EXPECT_EQ(found.at("Attributes").at("ApproximateReceiveCount"), "1") << "a message of its own";
  EXPECT_THAT(found.at("Body").get<std::string>(), HasSubstr(id));
}

TEST_F(SqsTest, CommandsThatNeedASingleTaskSayWhyTheyCannot) {
  const auto id = push({"noop"});
  const auto info = leptir({"info", id});
  EXPECT_NE(info.exit, 0);
  EXPECT_THAT(info.err, HasSubstr("may wait at sqs: Amazon SQS cannot find"));
  const auto cancelled = leptir({"cancel", id});
  EXPECT_NE(cancelled.exit, 0);
  EXPECT_THAT(cancelled.err, HasSubstr("may wait at broker sqs, where it cannot be cancelled"));
}

TEST_F(SqsTest, CheckSaysWhatTheQueueCannotDo) {
  const auto checked = leptir({"check"});
  EXPECT_EQ(checked.exit, 0) << checked.out << checked.err;
  for (const auto* text : {"finds tasks by id (info)               no", "exact counts                           no",
                           "longest time limit of a task           11 h 55 min", "no: their records do",
                           "when a running task learns of a cancel never"})
    EXPECT_THAT(checked.out, HasSubstr(text));
}

TEST_F(SqsTest, ATimeLimitBeyondALeaseIsRefusedByCheckAndAtTheStart) {
  configure("", ", task_execution_time: 50000");
  const auto checked = leptir({"check"});
  EXPECT_EQ(checked.exit, 78) << checked.out;
  EXPECT_THAT(checked.out, HasSubstr("set task_execution_time to 42900 or less"));
  const auto instance = start();
  EXPECT_NE(instance->waitForExit(), 0);
  EXPECT_THAT(instance->output(), HasSubstr("set task_execution_time to 42900 or less"));
}

TEST_F(SqsTest, WithoutAPlaceForBuriedTasksNoInstanceStarts) {
  configure("", "", false);
  const auto instance = start();
  EXPECT_NE(instance->waitForExit(), 0);
  EXPECT_THAT(instance->output(), HasSubstr("add a meta_storage"));
}

TEST_F(SqsTest, ATaskThatAsksForALongerTimeLimitIsBuriedWithARecord) {
  const auto id = push({"noop", "--timeLimit=50000"});
  const auto instance = start();
  EXPECT_TRUE(eventually([&] { return leptir({"info", id}).exit == 0; }));
  EXPECT_EQ(info(id).at("cause"), "timed_out");
  EXPECT_THAT(info(id).at("respM").get<std::string>(), HasSubstr("It was not run"));
}

TEST_F(SqsTest, AMetaStorageOnSqsIsAnErrorOfTheConfiguration) {
  writeConfig("leptir:\n  brokers: [{ type: memory }]\n  meta_storage: [{ type: sqs, connection: { sqs_queue: \"" +
              queue.address() + "\" } }]\n");
  const auto checked = leptir({"check"});
  EXPECT_EQ(checked.exit, 78);
  EXPECT_THAT(checked.out + checked.err, HasSubstr("Amazon SQS keeps no records: use sqlite, redis or mongodb"));
}

TEST_F(SqsTest, AQueueThatIsNoneEndsTheStartWithASentence) {
  configure();
  server.deleteQueue(queue.name());
  const auto instance = start();
  EXPECT_NE(instance->waitForExit(), 0);
  EXPECT_THAT(instance->output(), HasSubstr("create it, or correct its address"));
}

}  // namespace
}  // namespace leptir::e2e
