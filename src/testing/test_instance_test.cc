#include "leptir/testing/test_instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "leptir/spi/encoded_task.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Tasks that do what their parameters say, and note that they ran.
class TestInstanceTest : public ::testing::Test {
 protected:
  TestInstanceTest() {
    program.tasks.add("note", [this](const Json& parameters, TaskContext& task) {
      ran.push_back(parameters.value("text", task.id()));
    });
    program.tasks.add("fail", [this](const Json&, TaskContext& task) {
      ran.push_back("fail " + std::to_string(task.attempt()));
      task.addResponseLine("out of ink");
      return ExitStatus::Error;
    });
    program.tasks.add("fail once", [](const Json&, TaskContext& task) {
      return task.attempt() == 1 ? ExitStatus::Error : ExitStatus::Success;
    });
    program.tasks.add("later", [](const Json&, TaskContext& task) { return task.retryAfter(1h); });
    program.tasks.add("discard", [](const Json&, TaskContext& task) { return task.discard("gone"); });
  }

  std::string push(TestInstance& instance, std::string name, PushOptions options = {}) {
    return instance.broker().push(std::move(name), Json::object(), std::move(options)).value();
  }
  std::string pushNote(TestInstance& instance, std::string text, PushOptions options = {}) {
    return instance.broker().push("note", Json{{"text", text}}, std::move(options)).value();
  }

  Program program;
  std::vector<std::string> ran;
};

TEST_F(TestInstanceTest, RunsWhatIsDueAndLeavesTheRest) {
  TestInstance instance(program);
  pushNote(instance, "now");
  pushNote(instance, "in an hour", {.delay = 1h});
  EXPECT_EQ(instance.counts(), (TaskCounts{.due = 1, .scheduled = 1}));
  const auto runs = instance.runDue();
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_TRUE(runs[0].succeeded()) << runs[0];
  EXPECT_THAT(ran, ElementsAre("now"));
  ASSERT_THAT(instance.waiting(), SizeIs(1));
  EXPECT_EQ(instance.waiting()[0].state, TaskState::Scheduled);
  EXPECT_EQ(instance.nextDue(), instance.clock().now() + 1h);
}

TEST_F(TestInstanceTest, ShowsWhatWasPushed) {
  TestInstance instance(program);
  const auto id = instance.broker()
                      .push("note", Json{{"text", "a"}}, {.delay = 5min, .timeLimitSeconds = 7, .maxAttempts = 3})
                      .value();
  const auto found = instance.find(id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->broker, "memory");
  EXPECT_EQ(found->name, "note");
  EXPECT_EQ(found->parameters, Json({{"text", "a"}}));
  EXPECT_EQ(found->due, instance.clock().now() + 5min);
  EXPECT_EQ(found->timeLimitSeconds, 7);
  EXPECT_EQ(found->maxAttempts, 3u);
  EXPECT_FALSE(instance.find("another"));
}

TEST_F(TestInstanceTest, TheClockMovesFromOneDueTimeToTheNext) {
  TestInstance instance(program);
  const auto start = instance.clock().now();
  pushNote(instance, "second", {.delay = 2h});
  pushNote(instance, "first", {.delay = 1h});
  pushNote(instance, "tomorrow", {.delay = 24h});
  EXPECT_THAT(instance.runFor(3h), SizeIs(2));
  EXPECT_THAT(ran, ElementsAre("first", "second"));
  EXPECT_EQ(instance.clock().now(), start + 3h);
  EXPECT_THAT(instance.runAll(), SizeIs(1));
  EXPECT_EQ(instance.clock().now(), start + 24h);
  EXPECT_EQ(instance.nextDue(), std::nullopt);
}

TEST_F(TestInstanceTest, AFailedTaskIsRetriedWithTheDelaysOfARealInstanceAndThenBuried) {
  TestInstance instance(program);
  const auto start = instance.clock().now();
  const auto id = push(instance, "fail", {.maxAttempts = 3});
  EXPECT_THAT(instance.runDue(), SizeIs(1));
  EXPECT_EQ(instance.nextDue(), start + 5s);
  EXPECT_EQ(instance.record(id)["status"], 1);
  instance.runAll();
  EXPECT_THAT(ran, ElementsAre("fail 1", "fail 2", "fail 3"));
  EXPECT_EQ(instance.clock().now(), start + 5s + 10s);
  ASSERT_THAT(instance.buried(), SizeIs(1));
  EXPECT_EQ(instance.buried()[0].reason, "failed 3 times, the last time: error");
  EXPECT_EQ(instance.buried()[0].counters.failures, 3u);
  EXPECT_EQ(instance.record(id)["attempt"], 3);
  EXPECT_EQ(instance.record(id)["respM"], "out of ink");
  EXPECT_THAT(instance.record(id)["history"], SizeIs(2));
  ASSERT_THAT(instance.log(), SizeIs(3));
  EXPECT_THAT(instance.log()[0].text, HasSubstr("(fail) Task has failed (error, attempt 1). It runs again in 5.0 s."));
}

TEST_F(TestInstanceTest, AFailedTaskWithoutAttemptsIsOver) {
  TestInstance instance(program);
  const auto id = push(instance, "fail");
  instance.runAll();
  EXPECT_THAT(instance.tasks(), IsEmpty());
  EXPECT_EQ(instance.record(id)["retC"], 3);
}

TEST_F(TestInstanceTest, TheRulesOfATaskNameApply) {
  TestInstance instance(program, {.rules = {{"fail once", {.maxAttempts = 2, .retryDelay = 1min}}}});
  const auto start = instance.clock().now();
  push(instance, "fail once");
  const auto runs = instance.runAll();
  ASSERT_THAT(runs, SizeIs(2));
  EXPECT_TRUE(runs[1].succeeded());
  EXPECT_EQ(runs[1].attempt, 2);
  EXPECT_EQ(instance.clock().now(), start + 1min);
}

TEST_F(TestInstanceTest, ATaskThatAsksForItRunsAgainLaterWithoutUsingAnAttempt) {
  TestInstance instance(program);
  push(instance, "later");
  EXPECT_EQ(instance.runDue()[0].retryDelay(), 1h);
  EXPECT_EQ(instance.nextDue(), instance.clock().now() + 1h);
  const auto runs = instance.runFor(1h);
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_EQ(runs[0].attempt, 1);
}

TEST_F(TestInstanceTest, ADiscardedTaskIsGone) {
  TestInstance instance(program);
  const auto id = push(instance, "discard", {.maxAttempts = 5});
  EXPECT_TRUE(instance.runAll().at(0).isDiscarded());
  EXPECT_THAT(instance.tasks(), IsEmpty());
  EXPECT_EQ(instance.record(id)["cause"], "discarded");
}

TEST_F(TestInstanceTest, ATaskThatNeverEndsStopsAtTheGivenNumberOfRuns) {
  TestInstance instance(program);
  program.tasks.add("again",
                    [&instance](const Json&, TaskContext&) { instance.broker().push("again", Json()).value(); });
  push(instance, "again");
  EXPECT_THAT(instance.runDue(7), SizeIs(7));
  EXPECT_EQ(instance.counts().due, 1u);
  push(instance, "later");
  EXPECT_THAT(instance.runAll(20), SizeIs(20));
}

TEST_F(TestInstanceTest, TasksThatATaskPushesRunInTheSameCall) {
  TestInstance instance(program);
  program.tasks.add("parent", [&](const Json&, TaskContext&) { pushNote(instance, "child"); });
  push(instance, "parent");
  EXPECT_THAT(instance.runDue(), SizeIs(2));
  EXPECT_THAT(ran, ElementsAre("child"));
}

TEST_F(TestInstanceTest, ATaskOfAnUnknownNameWaitsForADayAndIsThenBuried) {
  TestInstance instance(program);
  const auto start = instance.clock().now();
  const auto id = push(instance, "nte");
  EXPECT_THAT(instance.runDue(), IsEmpty());
  EXPECT_EQ(instance.nextDue(), start + 30s);
  EXPECT_THAT(instance.log().at(0).text, HasSubstr("(nte) No task of this name is known here"));
  EXPECT_THAT(instance.runAll(), IsEmpty());
  ASSERT_THAT(instance.buried(), SizeIs(1));
  EXPECT_EQ(instance.buried()[0].reason, "for a day, no program that leased it had a task named 'nte'");
  EXPECT_GE(instance.clock().now(), start + 24h);
  EXPECT_EQ(instance.record(id)["cause"], "unknown_name");
}

TEST_F(TestInstanceTest, BytesThatAreNoTaskAreBuriedWithTheReason) {
  TestInstance instance(program);
  auto task = EncodedTask::encode({.id = "x", .name = "note"}).value();
  task.envelope = "no envelope";
  ASSERT_TRUE((*instance.broker().access(0))->pushEncodedTasks({&task, 1}));
  EXPECT_THAT(instance.runAll(), IsEmpty());
  ASSERT_THAT(instance.buried(), SizeIs(1));
  EXPECT_EQ(instance.buried()[0].name, "");
  EXPECT_THAT(instance.buried()[0].reason, HasSubstr("malformed: "));
  EXPECT_THAT(instance.log().at(0).text, HasSubstr("broker memory: buried a malformed task: "));
}

TEST_F(TestInstanceTest, ATaskWhoseSessionExpiredTooOftenIsBuriedWithoutARun) {
  TestInstance instance(program);
  const auto task = EncodedTask::encode({.id = "x", .name = "note", .counters = {.expiries = kMaxExpiries}}).value();
  ASSERT_TRUE((*instance.broker().access(0))->pushEncodedTasks({&task, 1}));
  EXPECT_THAT(instance.runAll(), IsEmpty());
  EXPECT_EQ(instance.buried().at(0).reason, "its session expired 10 times");
  EXPECT_EQ(instance.record("x")["cause"], "session_expired");
}

TEST_F(TestInstanceTest, BytesThatAreNoTaskHaveARecordIfTheirIdCanBeRead) {
  TestInstance instance(program);
  auto task = EncodedTask::encode({.id = "x", .name = "note"}).value();
  task.envelope = R"({"cn":7,"td":{"id":"x"}})";
  ASSERT_TRUE((*instance.broker().access(0))->pushEncodedTasks({&task, 1}));
  EXPECT_THAT(instance.runAll(), IsEmpty());
  EXPECT_EQ(instance.record("x")["cause"], "malformed");
}

TEST_F(TestInstanceTest, ATaskThatMovesTheClockBeyondItsLimitIsTimedOut) {
  TestInstance instance(program);
  bool wasToStop = false, wasToStopBefore = true;
  program.tasks.add("slow", [&](const Json&, TaskContext& task) {
    wasToStopBefore = task.stopToken().stopRequested();
    instance.clock().advance(10s);
    wasToStop = task.stopToken().stopRequested();
    task.addResponseLine("half of it");
  });
  const auto id = push(instance, "slow", {.timeLimitSeconds = 10});
  const auto run = instance.runDue().at(0);
  EXPECT_FALSE(wasToStopBefore);
  EXPECT_TRUE(wasToStop);
  EXPECT_EQ(run.outcome.cause, Cause::TimedOut);
  EXPECT_EQ(run.outcome.status, ExitStatus::TimeLimitExceeded);
  EXPECT_EQ(instance.record(id)["retC"], 5);
  EXPECT_EQ(instance.record(id)["respM"], "half of it Time limit exceeded.");
  EXPECT_EQ(instance.record(id)["exTime"], 10.0);
}

TEST_F(TestInstanceTest, ARunningTaskThatIsCancelledIsToldToStop) {
  TestInstance instance(program);
  bool wasToStop = false;
  program.tasks.add("long", [&](const Json&, TaskContext& task) {
    EXPECT_EQ((*instance.broker().access(0))->keeper().cancel(task.id(), "anna@desk"), CancelResult::Requested);
    wasToStop = task.stopToken().stopRequested();
  });
  const auto id = push(instance, "long", {.maxAttempts = 3});
  EXPECT_EQ(instance.runDue().at(0).outcome.cause, Cause::Cancelled);
  EXPECT_TRUE(wasToStop);
  EXPECT_THAT(instance.tasks(), IsEmpty());
  EXPECT_EQ(instance.record(id)["respM"], "Cancelled by anna@desk.");
}

TEST_F(TestInstanceTest, AWaitingTaskThatIsCancelledIsGone) {
  TestInstance instance(program);
  const auto id = pushNote(instance, "a", {.delay = 1h});
  EXPECT_EQ((*instance.broker().access(0))->keeper().cancel(id, "anna@desk"), CancelResult::Removed);
  EXPECT_THAT(instance.runAll(), IsEmpty());
}

TEST_F(TestInstanceTest, PrioritiesChooseTheBrokerAndTheOrder) {
  TestInstance instance(program, {.brokers = {{"slow", 10}, {"fast", 0}}});
  pushNote(instance, "later", {.priority = 5});
  pushNote(instance, "sooner");
  EXPECT_EQ(instance.waiting().at(0).broker, "fast");
  EXPECT_EQ(instance.waiting().at(1).broker, "slow");
  instance.runDue();
  EXPECT_THAT(ran, ElementsAre("sooner", "later"));
  EXPECT_THROW(instance.brokerFaults("fats"), std::out_of_range);
}

TEST_F(TestInstanceTest, RecordsAreFoundThroughTheMetaStorageOfTheCodeUnderTest) {
  TestInstance instance(program);
  const auto id = pushNote(instance, "a");
  EXPECT_EQ(instance.record(id), Json());
  instance.runDue();
  EXPECT_EQ(instance.metaStorage().loadMetaInfoById(id).value(), instance.record(id));
  EXPECT_EQ(instance.record(id)["retC"], 1);
}

TEST_F(TestInstanceTest, ResultsAreFoundThroughTheBrokerOfTheCodeUnderTest) {
  program.tasks.add("answer", [](const Json&, TaskContext&) { return Json{{"answer", 42}}; });
  TestInstance instance(program);
  const auto id = push(instance, "answer");
  EXPECT_EQ(instance.broker().wait(id, Duration::zero()).error().code(), ErrorCode::TimedOut);
  instance.runDue();
  EXPECT_EQ(instance.broker().result<Json>(id, Duration::zero()).value(), Json({{"answer", 42}}));
}

TEST_F(TestInstanceTest, ATaskThatHasExpiredIsNotRunAndItsRecordSaysSo) {
  TestInstance instance(program);
  const auto id = pushNote(instance, "too late", {.expiresAfter = 1min});
  pushNote(instance, "in time", {.expiresAfter = 1h});
  instance.clock().advance(1min);
  instance.runDue();
  EXPECT_THAT(ran, ElementsAre("in time"));
  EXPECT_EQ(instance.record(id)["cause"], "expired");
  EXPECT_EQ(instance.counts(), TaskCounts());
}

TEST_F(TestInstanceTest, HooksRunAndMistakesOfTheProgramAreLogged) {
  program.onWorkerStart([this] { ran.push_back("hook"); });
  program.tasks.add("note", [](const Json&, TaskContext&) {});
  const TestInstance instance(program);
  EXPECT_THAT(ran, ElementsAre("hook"));
  ASSERT_THAT(instance.log(), SizeIs(1));
  EXPECT_EQ(instance.log()[0].level, LogLevel::Error);
  EXPECT_THAT(instance.log()[0].text, HasSubstr("note"));
}

// --- stores that fail

TEST_F(TestInstanceTest, ATaskWhoseRecordCannotBeSavedIsSettledLaterWithoutAnotherRun) {
  TestInstance instance(program);
  const auto id = pushNote(instance, "once");
  instance.metaFaults().failUntilRepaired();
  EXPECT_THAT(instance.runDue(), SizeIs(1));
  EXPECT_EQ(instance.counts().leased, 1u) << "first the record, then the lease";
  EXPECT_THAT(instance.runAll(), IsEmpty());
  EXPECT_THAT(instance.log().back().text, HasSubstr("made to fail by the test; the next call tries again"));
  instance.metaFaults().repair();
  EXPECT_THAT(instance.runDue(), IsEmpty());
  EXPECT_THAT(instance.tasks(), IsEmpty());
  EXPECT_EQ(instance.record(id)["retC"], 1);
  EXPECT_THAT(ran, ElementsAre("once"));
}

TEST_F(TestInstanceTest, AnAcknowledgementWhoseAnswerIsLostRepeatsNothing) {
  TestInstance instance(program);
  pushNote(instance, "once");
  instance.brokerFaults().loseNextAnswer(StoreCall::Acknowledge);
  EXPECT_THAT(instance.runDue(), SizeIs(1));
  EXPECT_THAT(instance.runDue(), IsEmpty());
  EXPECT_THAT(ran, ElementsAre("once"));
  EXPECT_EQ(instance.counts(), TaskCounts());
}

TEST_F(TestInstanceTest, ALeaseWhoseAnswerIsLostIsGivenBackAndRunsWithTheNextCall) {
  TestInstance instance(program);
  pushNote(instance, "once");
  instance.brokerFaults().loseNextAnswer(StoreCall::Pop);
  EXPECT_THAT(instance.runDue(), IsEmpty());
  EXPECT_EQ(instance.counts().leased, 1u);
  EXPECT_THAT(instance.runDue(), SizeIs(1));
  EXPECT_THAT(ran, ElementsAre("once"));
}

TEST_F(TestInstanceTest, AStoreThatIsDownEndsTheCallAndLosesNothing) {
  TestInstance instance(program);
  push(instance, "fail", {.maxAttempts = 2});
  instance.brokerFaults().failNext(StoreCall::Release);
  EXPECT_THAT(instance.runAll(), SizeIs(1));
  instance.brokerFaults().failUntilRepaired();
  EXPECT_FALSE(instance.broker().push("note", Json::object()));
  EXPECT_THAT(instance.runAll(), IsEmpty());
  instance.brokerFaults().repair();
  EXPECT_THAT(instance.runAll(), SizeIs(1));
  EXPECT_THAT(instance.buried(), SizeIs(1));
}

}  // namespace
}  // namespace leptir::testing
