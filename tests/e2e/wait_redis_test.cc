// leptir push --wait, and applications that wait for tasks through Broker, on a redis-server.
#include <gmock/gmock.h>

#include <sys/wait.h>

#include <csignal>

#include "tests/e2e/waiting.h"
#include "tests/support/redis_server.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;

class RedisWaitTest : public WaitingInstallation {
 protected:
  RedisWaitTest() {
    const auto connection = "connection: { scheme: unix, path: " + server.socket() + " }";
    writeConfig("leptir:\n  brokers:\n    - { type: redis, " + connection +
                " }\n  meta_storage:\n    - { type: redis, " + connection +
                " }\n  daemon: { configuration: { number_of_workers: 2 } }\n");
  }

  // Whether the child has ended; it is not reaped.
  static bool hasEnded(pid_t child) {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child;
  }
  std::string infoField(const std::string& name) {
    const auto info = server.ask({"INFO", "clients"}).get<std::string>();
    const auto at = info.find(name + ":");
    return at == std::string::npos ? "0"
                                   : info.substr(at + name.size() + 1, info.find('\r', at) - at - name.size() - 1);
  }

  RedisServer server{{"appendonly yes"}};
};

TEST_F(RedisWaitTest, PushPrintsTheRecordAndExitsByItsOutcome) {
  const auto instance = start();
  const auto answer = leptir({"push", "add", "a:=2", "b:=3", "--wait"});
  EXPECT_EQ(answer.exit, 0) << answer.err;
  EXPECT_EQ(answer.json().at("result"), (Json{{"sum", 5}}));
  EXPECT_EQ(leptir({"push", "refuse", "--wait"}).exit, 1);
}

TEST_F(RedisWaitTest, ManyTasksArePrintedALineEach) {
  const auto instance = start();
  const auto answer = leptir({"push", "add", "--number=2500", "--wait"});
  EXPECT_EQ(answer.exit, 0) << answer.err;
  EXPECT_EQ(answer.lines().size(), 2500u);
}

TEST_F(RedisWaitTest, AThousandThreadsOfAnApplicationWaitOverAFewConnections) {
  const auto instance = start();
  waitUntilRunning();
  const auto before = std::stoi(infoField("connected_clients"));
  const auto waiting = startScript("exec " + program + " --wait " + config.string() + " many 1000");
  int most = 0;
  ASSERT_TRUE(eventually([&] {
    most = std::max(most, std::stoi(infoField("connected_clients")) - before);
    return waiting->output().find('\n') != std::string::npos;
  }));
  EXPECT_EQ(waiting->waitForExit(), 0) << waiting->output();
  EXPECT_LE(most, 4) << "one to push, one to look at records, one that is woken, one that counts clients";
}

TEST_F(RedisWaitTest, ATaskWhoseSessionExpiredTooOftenIsOver) {
  server.ask({"ZADD", "leptir:ztasks", "1",
              R"({"cn":"until_file","td":{"id":"mine","parameters":{"file":")" + gate() + R"("}},"ex":9})"});
  const auto waiting = startScript("exec " + program + " --wait " + config.string() + " result mine 60");
  auto instance = start();
  ASSERT_TRUE(eventually([&] { return isRunning("mine"); }));
  instance->signal(SIGKILL);
  instance->waitForExit();
  instance = start();
  EXPECT_EQ(waiting->waitForExit(), 1);
  EXPECT_THAT(waiting->output(), HasSubstr("task failed: task mine: did not succeed (session_expired, buried): It was "
                                           "not run again: its session expired 10 times."));
  EXPECT_TRUE(eventually([&] { return info("mine").at("state") == "buried"; })) << "right after its record is saved";
}

TEST_F(RedisWaitTest, BytesOfAnotherProgramThatAreNoTaskAreOverIfTheirIdCanBeRead) {
  server.ask({"ZADD", "leptir:ztasks", "1", R"({"cn": "", "td": {"id": "mine"}})"});
  const auto instance = start();
  const auto answer = application({"result", "mine", "60"});
  EXPECT_EQ(answer.exit, 1);
  EXPECT_THAT(answer.out, HasSubstr("task failed: task mine: did not succeed (malformed, buried)"));
}

TEST_F(RedisWaitTest, AServerThatRestartsMeanwhileDelaysTheRecordOnly) {
  const auto instance = start();
  const auto waiting = startCommand({"push", "until_file", untilGate(), "--id=mine", "--wait"});
  ASSERT_TRUE(eventually([&] { return isRunning("mine"); }));
  server.stop();
  ASSERT_TRUE(eventually([&] { return waiting->output().find("trying again") != std::string::npos; }));
  server.start();
  openGate();
  EXPECT_EQ(waiting->waitForExit(), 0) << waiting->output();
  EXPECT_THAT(waiting->output(), HasSubstr("\"id\": \"mine\""));
}

TEST_F(RedisWaitTest, ASecondCtrlCEndsTheWaitThoughTheServerDoesNotAnswer) {
  const auto instance = start();
  const auto waiting = startCommand({"push", "until_file", untilGate(), "--id=mine", "--wait"});
  ASSERT_TRUE(eventually([&] { return isRunning("mine"); }));
  server.freeze();
  waiting->signal(SIGINT);
  EXPECT_TRUE(eventually([&] {
    waiting->signal(SIGINT);
    return hasEnded(waiting->pid());
  }));
  EXPECT_EQ(waiting->waitForExit(), 128 + SIGINT);
  server.thaw();
}

TEST_F(RedisWaitTest, ARecordThatPhpWroteCounts) {
  const auto waiting = startCommand({"push", "noop", "--id=mine", "--wait"});
  ASSERT_TRUE(eventually([&] { return server.ask({"EXISTS", "leptir:taskinfo.waiting"}) == 1; }));
  server.ask({"SET", "leptir:taskinfo:mine",
              R"({"id":"mine","status":3,"retC":1,"exTime":0.1,"respM":"done by PHP","type":"noop","exStart":null})"});
  EXPECT_EQ(waiting->waitForExit(), 0) << waiting->output();
  EXPECT_THAT(waiting->output(), HasSubstr("done by PHP"));
}

TEST_F(RedisWaitTest, WithoutTheRightToWaitOnTheServerRecordsAreLookedAtNowAndThen) {
  server.ask({"ACL", "SETUSER", "poor", "on", ">secret", "~*", "+@all", "-xread", "-xrevrange"});
  const auto instance = start();
  const auto connection = "connection: { scheme: unix, path: " + server.socket() + ", user: poor, password: secret }";
  const auto own = config;
  config = writeConfig("leptir:\n  brokers:\n    - { type: redis, " + connection +
                           " }\n  meta_storage:\n    - { type: redis, " + connection + " }\n",
                       "poor.yaml");
  EXPECT_EQ(leptir({"push", "add", "--wait"}).exit, 0);
  config = own;
}

}  // namespace
}  // namespace leptir::e2e
