// leptir push --wait, and applications that wait for tasks through Broker, on the embedded store.
#include <gmock/gmock.h>

#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <set>

#include "tests/e2e/database.h"
#include "tests/e2e/waiting.h"

namespace leptir::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class WaitTest : public WaitingInstallation {
 protected:
  std::vector<std::string> idsIn(const CommandResult& answer) {
    std::vector<std::string> ids;
    for (const auto& line : answer.lines()) ids.push_back(Json::parse(line).at("id"));
    return ids;
  }
};

TEST_F(WaitTest, AfterTheSecondsOfWaitTheExitStatusIs75AndStderrNamesTheTask) {
  const auto answer = leptir({"push", "noop", "--id=mine", "--wait=0.05"});
  EXPECT_EQ(answer.exit, 75);
  EXPECT_EQ(answer.out, "");
  EXPECT_EQ(answer.err,
            "leptir push: the time of --wait is over; not finished yet: task mine, which goes on; to look at it: "
            "waiting_program info --config=" +
                config.string() + " mine\n");
  EXPECT_EQ(info("mine").at("state"), "due");
}

TEST_F(WaitTest, AfterASecondStderrSaysThatNoInstanceRunsAndHowToStartOne) {
  const std::string missing =
      "leptir push: waiting, but no instance runs that could take the task; to start one: "
      "waiting_program start --config=" +
      config.string() + "\n";
  EXPECT_THAT(leptir({"push", "noop", "--wait=1.2"}).err, HasSubstr(missing));
  const auto instance = start();
  EXPECT_THAT(leptir({"push", "until_file", untilGate(), "--wait=1.2"}).err, Not(HasSubstr(missing)));
}

TEST_F(WaitTest, WithoutAMetaStorageNothingIsPushed) {
  writeConfig("leptir:\n  brokers:\n    - { type: sqlite, connection: { path: " + (folder / "leptir.db").string() +
              " } }\n  meta_storage: []\n");
  const auto answer = leptir({"push", "noop", "--wait"});
  EXPECT_EQ(answer.exit, 78);
  EXPECT_THAT(answer.err, HasSubstr("nothing was pushed, since --wait cannot work: no meta_storage is configured"));
  EXPECT_FALSE(fs::exists(folder / "leptir.db"));
  const auto result = application({"result", "id", "1"});
  EXPECT_THAT(result.out, HasSubstr("invalid: cannot wait for task id: no meta_storage is configured"));
}

TEST_F(WaitTest, RefusesValuesThatAreNoSeconds) {
  for (const auto* value : {"--wait=-1", "--wait=soon", "--wait=nan", "--wait=1e12", "--wait="}) {
    const auto answer = leptir({"push", "noop", value});
    EXPECT_EQ(answer.exit, 2) << value;
    EXPECT_THAT(answer.err, HasSubstr("--wait")) << value;
  }
  EXPECT_EQ(leptir({"push", "noop", "--text"}).exit, 2);
}

TEST_F(WaitTest, TheWordBehindWaitIsNotItsValue) {
  const auto instance = start();
  const auto answer = leptir({"push", "--wait", "add", "a:=1"});
  EXPECT_EQ(answer.exit, 0) << answer.err;
  EXPECT_EQ(answer.json().at("type"), "add");
}

TEST_F(WaitTest, TextAndQuietHoldForRecords) {
  const auto instance = start();
  EXPECT_THAT(leptir({"push", "add", "--wait", "--text"}).out, HasSubstr("success"));
  const auto quiet = leptir({"push", "refuse", "--wait", "--quiet"});
  EXPECT_EQ(quiet.exit, 1);
  EXPECT_EQ(quiet.out, "");
}

TEST_F(WaitTest, ManyTasksArePrintedALineEach) {
  const auto instance = start();
  const auto answer = leptir({"push", "add", "--number=2500", "--wait"});
  EXPECT_EQ(answer.exit, 0) << answer.err;
  const auto ids = idsIn(answer);
  EXPECT_EQ(ids.size(), 2500u);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
}

TEST_F(WaitTest, RecordsOfStdinArePrintedInTheOrderOfTheirEnds) {
  const auto instance = start();
  const auto answer = leptir({"push", "--stdin", "--wait"},
                             "{\"name\":\"sleep\",\"parameters\":{\"seconds\":1},\"id\":\"slow\"}\n"
                             "{\"name\":\"refuse\",\"id\":\"fast\"}\n");
  EXPECT_EQ(answer.exit, 1) << "one of them did not succeed";
  EXPECT_THAT(idsIn(answer), ElementsAre("fast", "slow"));
}

TEST_F(WaitTest, RecordsAreAlsoPrintedWhileFurtherLinesAreExpected) {
  const auto instance = start();
  const auto fifo = folder / "lines";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const auto script = "exec " + program + " push --stdin --wait --config=" + config.string() + " < " + fifo.string();
  const auto started = startScript(script);
  std::ofstream lines(fifo);
  lines << "{\"name\":\"add\",\"id\":\"one\"}\n" << std::flush;
  EXPECT_TRUE(eventually([&] { return started->output().find("\"id\":\"one\"") != std::string::npos; }));
  lines << "{\"name\":\"add\",\"id\":\"two\"}\n" << std::flush;
  lines.close();
  EXPECT_EQ(started->waitForExit(), 0);
  EXPECT_THAT(started->output(), HasSubstr("\"id\":\"two\""));
}

TEST_F(WaitTest, ABadLineIsNamedAndTheOthersAreWaitedFor) {
  const auto instance = start();
  const auto answer = leptir({"push", "--stdin", "--wait"}, "nonsense\n{\"name\":\"add\",\"id\":\"good\"}\n");
  EXPECT_EQ(answer.exit, 1);
  EXPECT_THAT(answer.err, HasSubstr("line 1"));
  EXPECT_THAT(idsIn(answer), ElementsAre("good"));
}

TEST_F(WaitTest, TheRecordOfAnEarlierTaskOfTheSameIdIsNotTaken) {
  const auto instance = start();
  EXPECT_EQ(leptir({"push", "refuse", "--id=mine", "--wait"}).exit, 1);
  const auto again = leptir({"push", "add", "--id=mine", "--wait"});
  EXPECT_EQ(again.exit, 0);
  EXPECT_EQ(again.json().at("type"), "add");
  const auto lines = leptir({"push", "--stdin", "--wait"}, "{\"name\":\"refuse\",\"id\":\"mine\"}\n");
  EXPECT_EQ(lines.json().at("type"), "refuse");
}

TEST_F(WaitTest, CtrlCLeavesTheTaskRunningAndSaysHowToLookAtIt) {
  const auto instance = start();
  for (const int signal : {SIGINT, SIGTERM}) {
    const auto id = "task" + std::to_string(signal);
    const auto waiting = startCommand({"push", "until_file", untilGate(), "--id=" + id, "--wait"});
    ASSERT_TRUE(eventually([&] { return isRunning(id); }));
    waiting->signal(signal);
    EXPECT_EQ(waiting->waitForExit(), 128 + signal);
    EXPECT_THAT(waiting->output(), HasSubstr("no longer waiting for task " + id + ", which goes on; to look at it: "));
    openGate();
    EXPECT_TRUE(eventually([&] { return hasSucceeded(id); }));
    fs::remove(gate());
  }
}

TEST_F(WaitTest, AProcessThatWasKilledWhileItWaitedLeavesNothingBehind) {
  const auto instance = start();
  const auto waiting = startCommand({"push", "until_file", untilGate(), "--id=mine", "--wait"});
  const auto bells = folder / "leptir.db.d" / "waiting";
  ASSERT_TRUE(eventually([&] { return isRunning("mine") && fs::exists(bells) && !fs::is_empty(bells); }));
  waiting->signal(SIGKILL);
  waiting->waitForExit();
  openGate();
  ASSERT_TRUE(eventually([&] { return hasSucceeded("mine"); }));
  EXPECT_TRUE(eventually([&] { return !fs::exists(bells); }));
}

TEST_F(WaitTest, ABusyDatabaseDelaysTheRecordOnly) {
  const auto instance = start();
  const auto waiting = startCommand({"push", "until_file", untilGate(), "--id=mine", "--wait"});
  ASSERT_TRUE(eventually([&] { return isRunning("mine"); }));
  {
    Database database(folder / "leptir.db");
    database.run("BEGIN IMMEDIATE");
    openGate();
    ASSERT_TRUE(eventually([&] { return !isRunning("mine"); }));
    database.run("COMMIT");
  }
  EXPECT_EQ(waiting->waitForExit(), 0) << waiting->output();
}

TEST_F(WaitTest, AnApplicationGetsTheResultOfATaskThatAnotherProcessPushed) {
  const auto instance = start();
  const auto id = push({"add", "a:=40", "b:=2"});
  const auto answer = application({"result", id, "60"});
  EXPECT_EQ(answer.exit, 0);
  EXPECT_EQ(answer.out, "{\"sum\":42}\n");
}

TEST_F(WaitTest, AnApplicationGetsAnErrorWithTheResponseOfATaskThatFailed) {
  const auto instance = start();
  const auto id = push({"refuse"});
  const auto answer = application({"result", id, "60"});
  EXPECT_EQ(answer.exit, 1);
  EXPECT_EQ(answer.out, "task failed: task " + id + ": did not succeed (error): no such account\n");
}

TEST_F(WaitTest, AnApplicationWaitsForAnIdThatIsPushedLater) {
  const auto instance = start();
  const auto waiting = startScript("exec " + program + " --wait " + config.string() + " result later 60");
  const auto bells = folder / "leptir.db.d" / "waiting";
  ASSERT_TRUE(eventually([&] { return fs::exists(bells); }));
  push({"add", "--id=later", "a:=1"});
  EXPECT_EQ(waiting->waitForExit(), 0) << waiting->output();
}

TEST_F(WaitTest, ATimeoutIsAnErrorOfItsOwn) {
  const auto answer = application({"result", "nowhere", "0.01"});
  EXPECT_THAT(answer.out, HasSubstr("timed out: task nowhere: is not over after"));
}

TEST_F(WaitTest, AThousandThreadsOfAnApplicationWaitAtOnce) {
  const auto instance = start();
  const auto answer = application({"many", "1000"});
  EXPECT_EQ(answer.out, "1000\n") << answer.err;
}

}  // namespace
}  // namespace leptir::e2e
