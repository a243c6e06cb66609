// What instances and commands do on a redis-server beyond what holds on each server (server_stores_test.cc).
#include <csignal>

#include "tests/e2e/redis_store.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

class RedisTest : public ServerStoreTest {
 protected:
  RedisTest() : ServerStoreTest(std::make_unique<RedisStore>()) {}

  RedisStore& redis = static_cast<RedisStore&>(*store);
  RedisServer& server = redis.server;
  const std::string here = "scheme: unix, path: " + server.socket();
};

TEST_F(RedisTest, ARecordExpiresAndTheQueueLeavesNoKey) {
  const auto id = push({"noop"});
  ASSERT_EQ(drain(), 0);
  EXPECT_GT(server.ask({"TTL", "leptir:taskinfo:" + id}).get<int>(), 86000);
  EXPECT_EQ(server.ask({"EXISTS", "leptir:ztasks", "{leptir:ztasks}:ids"}), 0);
}

TEST_F(RedisTest, ATaskBeginsWithin20MillisecondsOfADelayWithAFraction) {
  const auto instance = start();
  waitUntilRunning();
  double latest = 1;
  for (int i = 0; i < 5; ++i) {  // the best counts: other processes of the machine may delay some
    const auto id = push({"noop", "--delaySeconds=0.25"});
    ASSERT_TRUE(eventually([&] { return isDone(id); })) << instance->output();
    const auto saved = record(id);
    const auto began = saved.at("exEnd").get<double>() - saved.at("exTime").get<double>();
    latest = std::min(latest, began - saved.at("pushed").get<double>() - 0.25);
  }
  EXPECT_LT(latest, 0.02);
}

TEST_F(RedisTest, TasksBeyondMaxRunningWaitInTheirPlaceWithoutALeaseAndOthersRun) {
  configure("", "  tasks: { sleep: { max_running: 1 } }\n");
  const auto few = leptir({"push", "sleep", "seconds:=0.2", "--number=10"}).lines();
  const auto other = push({"noop"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return isDone(other); })) << instance->output();
  for (const auto& id : few) ASSERT_TRUE(eventually([&] { return isDone(id); })) << instance->output();
  double ended = 0;
  for (const auto& id : few) {
    const auto saved = record(id);
    const auto overlap = ended - (saved.at("exEnd").get<double>() - saved.at("exTime").get<double>());
    EXPECT_LE(overlap, 0.001) << "one at a time";
    EXPECT_LT(saved.at("exEnd").get<double>() - ended, ended == 0 ? 1e10 : 2) << "the next one follows soon";
    ended = saved.at("exEnd").get<double>();
  }
  EXPECT_LT(record(other).at("exEnd").get<double>(), record(few[8]).at("exEnd").get<double>())
      << "it is behind that one in the queue";
}

TEST_F(RedisTest, TheScoreKeepsTheFractionOfATimeAndTheEnvelopeHasWholeSeconds) {
  const auto id = push({"noop", "--at=2100-01-01T00:00:00.625Z"});
  EXPECT_EQ(info(id).at("toex"), 4102444800.625);
  const auto queue = server.ask({"ZRANGE", "leptir:ztasks", "0", "0", "WITHSCORES"});
  EXPECT_THAT(queue.at(0).get<std::string>(), HasSubstr(R"("toex":4102444800,)"));
  EXPECT_EQ(std::stod(queue.at(1).get<std::string>()), 4102444800.625);
}

TEST_F(RedisTest, ATaskOfPhpThatHasExpiredIsNotRunAndAnExpiryThatSaysNoTimeIsIgnored) {
  const auto member = [](const std::string& id, const std::string& expires) {
    return R"({"cn":"noop","pr":0,"tl":0,"toex":"","td":{"id":")" + id + R"(","parameters":[]},"expires":)" + expires +
           "}";
  };
  redis.pushMember(member("number", "1700000000"));
  redis.pushMember(member("text", R"("1700000000.5")"));
  for (const auto* garbage : {"\"soon\"", "null", "0", "\"\"", "[]", "true", "{\"a\":1}"})
    redis.pushMember(member("ignored", garbage));
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(record("number").at("cause"), "expired");
  EXPECT_EQ(record("text").at("cause"), "expired");
  EXPECT_EQ(record("ignored").at("cause"), "finished");
}

TEST_F(RedisTest, AcceptsAPortThatIsAString) {
  const RedisServer byPort({}, RedisServer::Reach::Tcp);
  configureOn(RedisStore::at("host: 127.0.0.1, port: \"" + std::to_string(byPort.port()) + "\""));
  const auto id = push({"noop"});
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(info(id).at("retC"), 1);
}

TEST_F(RedisTest, RunsATaskOfPhpWhoseNumbersAreTextsOrMissing) {
  redis.pushMember(R"({"cn":"noop","pr":"0","tl":null,"toex":0,"td":{"id":"php2","parameters":{"a":1}}})");
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(record("php2").at("retC"), 1);
}

TEST_F(RedisTest, RunsTwoTasksThatDifferOnlyInTheirIds) {
  for (const auto* id : {"one", "two"}) redis.pushAsPhp(id, "noop");
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(record("one").at("retC"), 1);
  EXPECT_EQ(record("two").at("retC"), 1);
}

TEST_F(RedisTest, PushesTasksInTheFormatOfPhpLeptir) {
  const auto before = std::time(nullptr);
  push({"App\\Mail", "--json={\"n\": 10.0}", "--id=mine", "--timeLimit=7"});
  const auto members = server.ask({"ZRANGE", "leptir:ztasks", "0", "-1", "WITHSCORES"});
  EXPECT_THAT(members.at(0).get<std::string>(),
              ::testing::StartsWith(
                  R"({"cn":"App\\Mail","pr":0,"tl":7,"toex":"","td":{"id":"mine","parameters":{"n": 10.0}})"));
  const auto score = std::stod(members.at(1).get<std::string>());
  EXPECT_GE(score, before);
  EXPECT_LE(score, std::time(nullptr) + 1);
}

TEST_F(RedisTest, AnIdleInstanceRunsAPushedTaskAtOnce) {
  const auto instance = start();
  waitUntilRunning();
  const auto id = push({"noop"});
  ASSERT_TRUE(eventually([&] { return isDone(id); })) << instance->output();
  const auto saved = record(id);
  EXPECT_LT(saved.at("exEnd").get<double>() - saved.at("pushed").get<double>(), 0.15);
}

TEST_F(RedisTest, TasksListsOnlyUnsuccessfulTasksAndSaysSo) {
  push({"noop"});
  const auto threw = push({"throw"});
  ASSERT_EQ(drain(), 0);
  const auto listed = leptir({"tasks"});
  EXPECT_EQ(listed.lines().size(), 2u) << listed.out;
  EXPECT_THAT(listed.out, HasSubstr(threw));
  EXPECT_THAT(listed.err, HasSubstr("did not succeed"));
}

TEST_F(RedisTest, CheckWarnsAboutSettingsOfTheServer) {
  const auto answer = leptir({"check"});
  EXPECT_EQ(answer.exit, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("keeps nothing on disk"));
}

TEST_F(RedisTest, AStartLogsWarningsAboutSettingsOfTheServer) {
  const auto instance = start({"--drain"});
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_THAT(instance->output(), HasSubstr("WARN (4): broker redis: redis " + server.socket() + ": it keeps nothing"));
}

TEST_F(RedisTest, AWrongKeyOrDatabaseIsReported) {
  server.ask({"SET", "text", "no queue"});
  writeConfig("leptir:\n  brokers: [{ " + RedisStore::at(here + ", key: text") + " }]\n");
  const auto answer = leptir({"check"});
  EXPECT_EQ(answer.exit, 69);
  EXPECT_THAT(answer.out, HasSubstr("text"));
  configureOn(RedisStore::at(here + ", database: 99"));
  EXPECT_EQ(leptir({"check"}).exit, 69);
}

TEST_F(RedisTest, AnInstanceSurvivesAChangedPasswordAndTriesAgain) {
  server.ask({"ACL", "SETUSER", "leptir", "on", ">old", "~*", "+@all"});
  configureOn(RedisStore::at(here + ", user: leptir, password: old"));
  const auto instance = start();
  const auto before = push({"noop"});
  ASSERT_TRUE(eventually([&] { return isDone(before); }));
  server.ask({"ACL", "SETUSER", "leptir", "resetpass", ">new"});
  server.ask({"CLIENT", "KILL", "USER", "leptir"});
  ASSERT_TRUE(eventually([&] { return instance->output().find("not available, trying again") != std::string::npos; }));
  EXPECT_THAT(instance->output(), Not(HasSubstr("can never be used")));
  EXPECT_TRUE(eventually([&] { return status().at("instance").at("ready") == false; }));
  server.ask({"ACL", "SETUSER", "leptir", ">old"});
  const auto after = push({"noop"});
  EXPECT_TRUE(eventually([&] { return isDone(after); }));
}

TEST_F(RedisTest, EveryCommandExitsWith69ForAUserWithoutRights) {
  server.ask({"ACL", "SETUSER", "poor", "on", ">x", "~*", "+info", "+ping", "+hello"});
  configureOn(RedisStore::at(here + ", user: poor, password: x"));
  const std::vector<std::vector<std::string>> commands{{"check"},
                                                       {"push", "noop"},
                                                       {"info", "some-id"},
                                                       {"cancel", "some-id"},
                                                       {"cancel", "--all", "--yes"},
                                                       {"tasks"},
                                                       {"tasks", "--state=due"},
                                                       {"queues"},
                                                       {"buried"},
                                                       {"buried", "show", "some-id"},
                                                       {"buried", "revive", "--all", "--yes"},
                                                       {"run-now", "some-id"},
                                                       {"reschedule", "some-id", "--delaySeconds=5"},
                                                       {"again", "some-id"},
                                                       {"again", "--all", "--yes"},
                                                       {"pause", "--all"},
                                                       {"resume", "--all"},
                                                       {"instances"},
                                                       {"names"},
                                                       {"audit"},
                                                       {"drain", "--instance=x"},
                                                       {"stop", "--instance=x"}};
  for (const auto& command : commands) {
    const auto answer = leptir(command);
    EXPECT_EQ(answer.exit, 69) << command[0] << ": " << answer.out << answer.err;
    EXPECT_THAT(answer.out + answer.err, HasSubstr("ACL SETUSER")) << command[0];
  }
  EXPECT_EQ(drain(), 69);
}

TEST_F(RedisTest, CheckRefusesAUserWhoMayOnlyRead) {
  server.ask({"ACL", "SETUSER", "reader", "on", ">x", "~*", "+@read", "+@connection", "+info", "+@scripting"});
  configureOn(RedisStore::at(here + ", user: reader, password: x"));
  EXPECT_EQ(leptir({"check"}).exit, 69);
  EXPECT_EQ(server.ask({"DBSIZE"}), 0);
}

TEST_F(RedisTest, AReloadRefusesAUserWhoMayOnlyRead) {
  server.ask({"ACL", "SETUSER", "reader", "on", ">x", "~*", "+@read", "+@connection", "+info", "+@scripting"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return status().at("instance").is_object(); }));
  configureOn(RedisStore::at(here + ", user: reader, password: x"));
  instance->signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return instance->output().find("stays as it was") != std::string::npos; }))
      << instance->output();
  EXPECT_THAT(instance->output(), HasSubstr("ACL SETUSER"));
  configure();
  const auto id = push({"noop"});
  EXPECT_TRUE(eventually([&] { return isDone(id); })) << instance->output();
}

TEST_F(RedisTest, CheckFindsCommandsThatTheServerRenamed) {
  for (const auto* command : {"ZADD", "HDEL", "EVALSHA", "ZREMRANGEBYRANK"}) {
    const RedisServer strange({"rename-command " + std::string(command) + " other-name"});
    configureOn(RedisStore::at("scheme: unix, path: " + strange.socket()));
    const auto answer = leptir({"check"});
    EXPECT_EQ(answer.exit, 69) << command << ": " << answer.out << answer.err;
    EXPECT_THAT(answer.out, HasSubstr("no command renamed")) << command;
  }
}

TEST_F(RedisTest, AStopDoesNotWaitForAServerFromWhichNoTaskIsLeased) {
  server.stop();
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return status().at("instance").is_object(); }));
  const auto told = systemClock().bootTime();
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0) << instance->output();
  EXPECT_LT(systemClock().bootTime() - told, 5s);
}

}  // namespace
}  // namespace leptir::e2e
