// Each way in which a task can end, as leptir push --wait and Broker::result tell it, on the embedded store.
#include <gmock/gmock.h>

#include <chrono>
#include <csignal>

#include "tests/e2e/database.h"
#include "tests/e2e/waiting.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class WaitOutcome : public WaitingInstallation {};

TEST_F(WaitOutcome, PushPrintsTheRecordOfATaskThatSucceededAndExitsWithZero) {
  const auto instance = start();
  const auto answer = leptir({"push", "add", "a:=2", "b:=3", "--wait"});
  EXPECT_EQ(answer.exit, 0) << answer.err;
  const auto record = answer.json();
  EXPECT_EQ(record.at("result"), (Json{{"sum", 5}}));
  EXPECT_EQ(record.at("status"), 3);
  EXPECT_EQ(record, info(record.at("id")));
  EXPECT_EQ(answer.err, "");
}

TEST_F(WaitOutcome, AWarningIsASuccess) {
  const auto instance = start();
  EXPECT_EQ(leptir({"push", "warn", "--wait"}).exit, 0);
}

TEST_F(WaitOutcome, AnyOtherOutcomeExitsWithOneAndPrintsTheRecord) {
  const auto instance = start();
  const std::vector<std::pair<std::vector<std::string>, std::string>> outcomes{
      {{"refuse"}, "finished"}, {{"throw"}, "threw"}, {{"sleep", "seconds:=60", "--timeLimit=1"}, "timed_out"}};
  for (const auto& [task, cause] : outcomes) {
    auto arguments = task;
    arguments.insert(arguments.begin(), "push");
    arguments.push_back("--wait");
    const auto answer = leptir(arguments);
    EXPECT_EQ(answer.exit, 1) << answer.err;
    EXPECT_EQ(answer.json().at("cause"), cause);
  }
}

TEST_F(WaitOutcome, ABuriedTaskIsOver) {
  const auto instance = start();
  const auto answer = leptir({"push", "crash", "--wait"});
  EXPECT_EQ(answer.exit, 1);
  EXPECT_EQ(answer.json().at("cause"), "crashed");
  EXPECT_EQ(answer.json().at("attempt"), 3) << "it is buried at the third death, and not over before";
  EXPECT_THAT(answer.json().at("buried").get<std::string>(),
              StartsWith("its worker died 3 times, the last time: killed"));
}

TEST_F(WaitOutcome, TextSaysOfEachOutcomeHowTheTaskEnded) {
  const auto instance = start();
  const std::vector<std::pair<std::vector<std::string>, std::string>> outcomes{
      {{"add"}, "outcome       success"},       {{"warn"}, "outcome       warning"},
      {{"refuse"}, "outcome       error"},      {{"throw"}, "outcome       threw"},
      {{"give_up"}, "outcome       discarded"}, {{"sleep", "seconds:=60", "--timeLimit=1"}, "outcome       timed_out"}};
  for (auto [task, words] : outcomes) {
    task.insert(task.begin(), "push");
    task.insert(task.end(), {"--wait", "--text"});
    const auto answer = leptir(task);
    EXPECT_THAT(answer.out, HasSubstr(words)) << answer.err;
    EXPECT_THAT(answer.out, Not(HasSubstr("buried")));
  }
}

TEST_F(WaitOutcome, ATaskThatIsBuriedOnceItsAttemptsAreUsedUpSaysSo) {
  writeConfig(defaultYaml("  tasks: { refuse: { retry_delay: 0.1 } }\n"));
  const auto instance = start();
  const auto one = leptir({"push", "refuse", "--maxAttempts=2", "--wait", "--text"});
  EXPECT_THAT(one.out, HasSubstr("buried        failed 2 times, the last time: error"));
  const auto many = leptir({"push", "refuse", "--maxAttempts=2", "--number=2", "--wait", "--text"});
  ASSERT_EQ(many.lines().size(), 2u) << many.out;
  for (const auto& line : many.lines()) EXPECT_THAT(line, HasSubstr("buried: no such account"));
}

TEST_F(WaitOutcome, ATaskWhoseSessionExpiredTooOftenIsOver) {
  const auto waiting = startCommand({"push", "until_file", untilGate(), "--id=mine", "--wait"});
  auto instance = start();
  ASSERT_TRUE(eventually([&] { return isRunning("mine"); }));
  Database(folder / "leptir.db").run("UPDATE leptir_tasks SET expiries = 9");
  instance->signal(SIGKILL);
  instance->waitForExit();
  instance = start();
  EXPECT_EQ(waiting->waitForExit(), 1) << waiting->output();
  EXPECT_THAT(waiting->output(), HasSubstr("\"cause\": \"session_expired\""));
}

TEST_F(WaitOutcome, ATaskThatExpiresBeforeItBeginsIsOver) {
  const auto waiting = startCommand({"push", "noop", "--id=mine", "--expires=+0.1", "--wait"});
  ASSERT_TRUE(eventually([&] { return leptir({"info", "mine"}).exit == 0; }));
  const auto expired = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  ASSERT_TRUE(eventually([&] { return std::chrono::steady_clock::now() > expired; }));
  const auto instance = start();
  EXPECT_EQ(waiting->waitForExit(), 1);
  EXPECT_THAT(waiting->output(), HasSubstr("\"cause\": \"expired\""));
}

TEST_F(WaitOutcome, BytesThatAreNoTaskAreOverIfTheirIdCanBeRead) {
  push({"noop", "--id=mine"});
  Database(folder / "leptir.db").run("UPDATE leptir_tasks SET envelope = '{\"cn\": 7, \"td\": {\"id\": \"mine\"}}'");
  const auto instance = start();
  const auto answer = application({"result", "mine", "60"});
  EXPECT_EQ(answer.exit, 1);
  EXPECT_THAT(answer.out,
              HasSubstr("task failed: task mine: did not succeed (malformed, buried): no envelope: `cn` is no"));
}

TEST_F(WaitOutcome, ARetryThatWaitsIsNotTheEnd) {
  writeConfig(defaultYaml("  tasks: { fails_first: { retry_delay: 0.1 } }\n"));
  const auto instance = start();
  const auto answer = leptir({"push", "fails_first", "times:=3", "--maxAttempts=5", "--wait"});
  EXPECT_EQ(answer.exit, 0) << answer.out;
  EXPECT_EQ(answer.json().at("result").at("attempt"), 3);
}

TEST_F(WaitOutcome, ACancelledTaskIsOver) {
  const auto instance = start();
  const auto waiting = startCommand({"push", "until_file", untilGate(), "--id=mine", "--wait"});
  ASSERT_TRUE(eventually([&] { return isRunning("mine"); }));
  EXPECT_EQ(leptir({"cancel", "mine"}).exit, 0);
  EXPECT_EQ(waiting->waitForExit(), 1);
  EXPECT_THAT(waiting->output(), HasSubstr("\"cause\": \"cancelled\""));
}

TEST_F(WaitOutcome, AWaitingTaskThatIsCancelledIsOver) {
  const auto waiting = startCommand({"push", "noop", "--id=mine", "--wait"});
  ASSERT_TRUE(eventually([&] { return leptir({"info", "mine"}).exit == 0; }));
  EXPECT_EQ(leptir({"cancel", "mine"}).exit, 0);
  EXPECT_EQ(waiting->waitForExit(), 1);
}

}  // namespace
}  // namespace leptir::e2e
