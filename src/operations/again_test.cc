// Operations: tasks that are pushed again.
#include "operations/again.h"

#include <sys/wait.h>
#include <unistd.h>

#include "operations/bulk_lock.h"
#include "operations/operations_fixture.h"
#include "operations/pushed_again.h"
#include "task/envelope.h"

namespace leptir::operations {
namespace {

using AgainTest = OperationsTest;
INSTANTIATE_TEST_SUITE_P(Stores, AgainTest, ::testing::Values("memory", "sqlite"));

using Kind = TaskAction::Kind;
using ::testing::AllOf;
using testing::StoreCall;

TEST(TaskAgain, KeepsWhatThePusherAskedForAndEveryDigitOfTheParameters) {
  const BrokerTask before{.id = "x",
                          .name = "mail",
                          .parameters = R"({"z":12345678901234567890123,"a":1.50})",
                          .priority = 5,
                          .timeOfExecution = Time(7s),
                          .timeLimitSeconds = 30,
                          .maxAttempts = 4,
                          .expires = Time(9s),
                          .counters = {.failures = 4}};
  const auto task = taskAgain(EncodedTask::encode(before)->envelope, "");
  ASSERT_TRUE(task) << task.error().message();
  EXPECT_EQ(task->name, "mail");
  EXPECT_EQ(task->parametersText, R"({"z":12345678901234567890123,"a":1.50})");
  EXPECT_EQ(task->options.priority, 5);
  EXPECT_EQ(task->options.timeLimitSeconds, 30);
  EXPECT_EQ(task->options.maxAttempts, 4u);
  EXPECT_EQ(task->options.id, "") << "it is a new task";
  EXPECT_FALSE(task->options.timeOfExecution);
  EXPECT_FALSE(task->options.expires);
}

TEST(TaskAgain, ReplacesAndAddsParameters) {
  const auto envelope = EncodedTask::encode({.id = "x", .name = "m", .parameters = R"({"a":1,"b":2})"})->envelope;
  EXPECT_EQ(taskAgain(envelope, R"({"b":12345678901234567890123,"c":"d"})")->parametersText,
            R"({"a":1,"b":12345678901234567890123,"c":"d"})");
  EXPECT_EQ(taskAgain(envelope, "[1]").error().code(), ErrorCode::Invalid);
  EXPECT_EQ(taskAgain(envelope, "{").error().code(), ErrorCode::Invalid);
  EXPECT_EQ(taskAgain("no envelope", "").error().code(), ErrorCode::Corrupt);
}

TEST_P(AgainTest, AFailedTaskIsPushedFromItsRecordUnderANewId) {
  saveRecord("a", ExitStatus::Error);
  auto asked = operations();
  const auto report = asked.run({.kind = Kind::Again, .parameterChanges = R"({"to":"bob"})"}, {.ids = {"a"}});
  ASSERT_TRUE(report) << report.error().message();
  ASSERT_THAT(report->pushed, SizeIs(1));
  const auto task = store(kSecond).keeper().find(report->pushed[0]);
  ASSERT_TRUE(task) << "its priority of 1 is that of the second broker";
  const auto call = task::decodeTaskCall(task->envelope);
  EXPECT_EQ(call->parameters, R"({"to":"bob","n":12345678901234567890123})");
  EXPECT_EQ(asked.auditTrail(1)->actions.at(0).on, R"(a with {"to":"bob"})");
}

TEST_P(AgainTest, ASuccessIsLeftAloneSinceItsRecordHasNoEnvelope) {
  saveRecord("a", ExitStatus::Success);
  auto asked = operations();
  const auto report = asked.run({.kind = Kind::Again}, {.ids = {"a", "unknown"}});
  EXPECT_EQ(report->changed, 0u);
  ASSERT_THAT(report->leftAlone, SizeIs(2));
  EXPECT_THAT(report->leftAlone[0].why, HasSubstr("no envelope"));
  EXPECT_EQ(report->leftAlone[1].why, "it has no record");
}

TEST_P(AgainTest, ATaskThatStillWaitsIsNotPushedASecondTime) {
  push("a", 1h);
  auto asked = operations();
  const auto report = asked.run({.kind = Kind::Again}, {.ids = {"a"}});
  EXPECT_EQ(report->changed, 0u);
  EXPECT_EQ(report->leftAlone.at(0).why, "it is scheduled and will run anyway");
}

TEST_P(AgainTest, ATaskThatWaitsForARetryOrWasRevivedIsNotPushedASecondTime) {
  push("a", 1h);
  saveRecord("a", ExitStatus::Error);
  auto asked = operations();
  const auto preview = asked.preview({.kind = Kind::Again}, {.ids = {"a"}});
  EXPECT_EQ(preview->count, 0u);
  const auto report = asked.run({.kind = Kind::Again}, {.ids = {"a"}});
  EXPECT_EQ(report->changed, 0u);
  EXPECT_EQ(report->leftAlone.at(0).why, "it is scheduled and will run anyway");
  EXPECT_EQ(counts(kSecond), TaskCounts());
}

TEST(WhyNotAgain, ATaskWhoseRecordSaysThatItWillRunAgainIsLeftAloneAlsoWhereNoQueueCanTell) {
  const Json record{{"envelope", "{}"}, {"status", static_cast<int>(TaskStatus::Pending)}};
  EXPECT_EQ(whyNotAgain({}, record), "its record says that it is not over");
}

TEST_P(AgainTest, APreviewOfIdsCountsOnlyWhatWouldBePushed) {
  saveRecord("failed", ExitStatus::Error);
  saveRecord("succeeded", ExitStatus::Success);
  const auto preview = operations().preview({.kind = Kind::Again}, {.ids = {"failed", "succeeded", "unknown"}});
  EXPECT_EQ(preview->count, 1u);
  EXPECT_THAT(preview->leftAlone, SizeIs(2));
}

TEST_P(AgainTest, ASelectionThatRecordsCannotAnswerIsInvalidAndPushesNothing) {
  saveRecord("a", ExitStatus::Error);
  auto asked = operations();
  for (const auto& selection :
       {TaskSelection{.broker = "first"}, {.reasonContains = "boom"}, {.state = ListedState::Buried}})
    EXPECT_EQ(asked.run({.kind = Kind::Again}, {.selection = selection}).error().code(), ErrorCode::Invalid);
  EXPECT_EQ(counts(kSecond), TaskCounts());
}

TEST_P(AgainTest, EveryFailureThatMatchesIsPushedOnce) {
  for (int i = 0; i < 250; ++i)
    saveRecord("a" + std::to_string(i), i % 2 == 0 ? ExitStatus::Error : ExitStatus::Success);
  auto asked = operations();
  EXPECT_EQ(asked.preview({.kind = Kind::Again}, {.selection = {.state = ListedState::Failed}})->count, 125u);
  const auto report = asked.run({.kind = Kind::Again}, {.selection = {.state = ListedState::Failed}});
  EXPECT_EQ(report->changed, 125u);
  EXPECT_EQ(counts(kSecond).due, 125u);
}

TEST(AgainIdOf, IsThatOfOneRunOfOneTask) {
  const Json run{{"id", "a"}, {"lease", 7}, {"respM", "x"}};
  EXPECT_EQ(againIdOf(run), againIdOf({{"id", "a"}, {"lease", 7}}));
  EXPECT_NE(againIdOf(run), againIdOf({{"id", "a"}, {"lease", 8}}));
  EXPECT_NE(againIdOf(run), againIdOf({{"id", "b"}, {"lease", 7}}));
  EXPECT_EQ(againIdOf(run).size(), std::string_view("again-0123456789abcdef01234567").size());
  EXPECT_NE(againIdOf({{"id", "a"}, {"exStart", {{"date", "x"}}}}), againIdOf({{"id", "a"}})) << "a record of PHP";
}

TEST_P(AgainTest, CancelledTasksAreLeftOutUnlessTheSelectionAsksForThem) {
  saveRecord("failed", ExitStatus::Error);
  saveRecord("gone", ExitStatus::Unknown, "mail", 0s, "cancelled");
  auto asked = operations();
  const TaskAction again{.kind = Kind::Again};
  const auto preview = asked.preview(again, {});
  ASSERT_THAT(preview->first, SizeIs(1));
  EXPECT_EQ(preview->first[0].id, "failed");
  EXPECT_EQ(preview->leftOut.cancelled, 1u);
  const auto report = asked.run(again, {});
  EXPECT_EQ(report->changed, 1u);
  EXPECT_EQ(report->leftOut.cancelled, 1u);
  const TaskTargets cancelled{.selection = {.cause = "cancelled"}};
  EXPECT_EQ(asked.preview(again, cancelled)->count, 1u);
  EXPECT_EQ(asked.run(again, cancelled)->changed, 1u);
  EXPECT_EQ(counts(kSecond).due, 2u);
}

TEST_P(AgainTest, BuriedTasksOfASelectionAreLeftOutAndCounted) {
  saveRecord("failed", ExitStatus::Error);
  saveRecord("buried", ExitStatus::Error, "mail", 1s, "", "failed 3 times");
  auto asked = operations();
  const auto preview = asked.preview({.kind = Kind::Again}, {});
  EXPECT_EQ(preview->count, 1u);
  EXPECT_EQ(preview->leftOut.buried, 1u);
  EXPECT_EQ(asked.run({.kind = Kind::Again}, {})->leftOut.buried, 1u);
}

TEST_P(AgainTest, ASelectionPushesEachRunOnlyOnceHoweverOftenItIsCalled) {
  for (int i = 0; i < 5; ++i) saveRecord("a" + std::to_string(i), ExitStatus::Error);
  const TaskAction again{.kind = Kind::Again};
  auto asked = operations();
  const auto first = asked.run(again, {.selection = {.name = "mail"}});
  ASSERT_THAT(first->pushed, SizeIs(5));
  const auto second = asked.run(again, {});
  EXPECT_EQ(second->changed, 0u);
  EXPECT_EQ(second->leftOut.pushedBefore, 5u);
  EXPECT_EQ(asked.preview(again, {})->leftOut.pushedBefore, 5u);
  EXPECT_EQ(counts(kSecond).due, 5u);
}

TEST_P(AgainTest, ASelectionKnowsByTheRecordOfTheNewTaskThatItWasPushed) {
  saveRecord("a", ExitStatus::Error);
  auto asked = operations();
  const auto first = asked.run({.kind = Kind::Again}, {});
  ASSERT_THAT(first->pushed, SizeIs(1));
  ASSERT_TRUE(store(kSecond).keeper().remove(first->pushed[0]));
  saveRecord(first->pushed[0], ExitStatus::Error);
  const auto second = asked.run({.kind = Kind::Again}, {});
  EXPECT_EQ(second->changed, 1u) << "the new task failed as well";
  EXPECT_EQ(second->leftOut.pushedBefore, 1u);
}

TEST_P(AgainTest, AnIdIsPushedOnceMoreAndTheReportSaysSo) {
  saveRecord("a", ExitStatus::Error);
  auto asked = operations();
  const auto first = asked.run({.kind = Kind::Again}, {.ids = {"a", "a"}});
  ASSERT_THAT(first->pushed, SizeIs(1)) << "an id that is given twice is one";
  EXPECT_THAT(first->pushedBefore, IsEmpty());
  EXPECT_THAT(asked.preview({.kind = Kind::Again}, {.ids = {"a"}})->pushedBefore, SizeIs(1));
  const auto second = asked.run({.kind = Kind::Again}, {.ids = {"a"}});
  ASSERT_THAT(second->pushedBefore, SizeIs(1));
  EXPECT_EQ(second->pushedBefore[0].as, first->pushed[0]);
  EXPECT_NE(second->pushed.at(0), first->pushed[0]);
  EXPECT_EQ(counts(kSecond).due, 2u);
}

TEST_P(AgainTest, TheReportHasAllNewIds) {
  for (int i = 0; i < 1'100; ++i) saveRecord("a" + std::to_string(i), ExitStatus::Error);
  EXPECT_THAT(operations().run({.kind = Kind::Again}, {})->pushed, SizeIs(1'100));
}

TEST_P(AgainTest, AStoreThatFailsInTheMiddleLeavesAPlaceFromWhichTheNextCallGoesOn) {
  for (int i = 0; i < 250; ++i) saveRecord("a" + std::to_string(i), ExitStatus::Error);
  const TaskTargets failed{.selection = {.state = ListedState::Failed}};
  auto asked = operations();
  int slices = 0;
  const auto report = asked.run({.kind = Kind::Again}, failed, [&](const ActionProgress&) {
    if (++slices == 1) faults[kSecond].failNext(StoreCall::Push);
    return true;
  });
  EXPECT_EQ(report->changed, 100u);
  ASSERT_THAT(report->errors, SizeIs(1));
  const auto rest = asked.run({.kind = Kind::Again}, failed);
  EXPECT_TRUE(rest->continues);
  EXPECT_EQ(rest->changed, 150u);
  EXPECT_EQ(counts(kSecond).due, 250u) << "no task was pushed twice";
}

// `--since=1h` is another time in each call.
TEST_P(AgainTest, ASelectionWithATimeRelativeToNowGoesOnToo) {
  for (int i = 0; i < 250; ++i) saveRecord("a" + std::to_string(i), ExitStatus::Error);
  const auto ofLastHour = [] {
    return TaskTargets{.selection = {.state = ListedState::Failed, .since = systemClock().now() - 1h}};
  };
  auto asked = operations();
  const auto stopped = asked.run({.kind = Kind::Again}, ofLastHour(), [](const ActionProgress&) { return false; });
  EXPECT_EQ(stopped->changed, 100u);
  const auto rest = asked.run({.kind = Kind::Again}, ofLastHour());
  EXPECT_TRUE(rest->continues);
  EXPECT_EQ(rest->changed, 150u);
  EXPECT_EQ(counts(kSecond).due, 250u) << "no task was pushed twice";
}

TEST_P(AgainTest, ASelectionOfOtherTimesIsAnotherAction) {
  for (int i = 0; i < 150; ++i) saveRecord("a" + std::to_string(i), ExitStatus::Error);
  const auto since = [](Duration age) {
    return TaskTargets{.selection = {.state = ListedState::Failed, .since = systemClock().now() - age}};
  };
  auto asked = operations();
  ASSERT_TRUE(asked.run({.kind = Kind::Again}, since(1h), [](const ActionProgress&) { return false; })->stopped);
  const auto report = asked.run({.kind = Kind::Again}, since(24h));
  EXPECT_FALSE(report->continues);
  EXPECT_EQ(report->changed, 50u);
  EXPECT_EQ(report->leftOut.pushedBefore, 100u);
}

TEST_P(AgainTest, ASecondOperatorIsRefusedWhateverItsSelection) {
  for (int i = 0; i < 150; ++i) saveRecord("a" + std::to_string(i), ExitStatus::Error);
  auto asked = operations();
  auto other = operations("bob@there");
  int refused = 0;
  const auto report =
      asked.run({.kind = Kind::Again}, {.selection = {.state = ListedState::Failed}}, [&](const ActionProgress&) {
        const auto second = other.run({.kind = Kind::Again}, {.selection = {.name = "mail", .since = Time()}});
        if (!second && second.error().code() == ErrorCode::Lost) ++refused;
        return true;
      });
  EXPECT_EQ(report->changed, 150u);
  EXPECT_GE(refused, 1);
  EXPECT_EQ(counts(kSecond).due, 150u);
}

// The process of an operator who was killed in the middle.
TEST_P(AgainTest, TheLockOfADeadProcessOfThisMachineAndNamespaceIsTakenOver) {
  for (int i = 0; i < 5; ++i) saveRecord("a" + std::to_string(i), ExitStatus::Error);
  const pid_t dead = ::fork();
  if (dead == 0) ::_exit(0);
  ASSERT_EQ(::waitpid(dead, nullptr, 0), dead);
  // The lock that this process would hold, with changes.
  auto all = stores();
  BulkLock lock(all, kFirst, TaskAction::Kind::Again);
  ASSERT_TRUE(lock.lock());
  const auto own = *parseJson(*store().fleet()->get("bulk/again-lock"));
  ASSERT_TRUE(lock.unlock());
  const auto leaveLock = [&](const Json& changes) {
    auto left = own;
    left.update({{"by", "bob@there"}, {"pid", dead}, {"start", "1"}});
    left.update(changes);
    ASSERT_TRUE(store().fleet()->put("bulk/again-lock", writeJson(left), kBulkLockLifetime));
  };
  const TaskTargets failed{.selection = {.state = ListedState::Failed}};
  auto asked = operations();
  leaveLock({{"host", "other.machine"}, {"space", "another boot pid:[4026531836]"}});
  const auto refused = asked.run({.kind = Kind::Again}, failed);
  EXPECT_EQ(refused.error().code(), ErrorCode::Lost) << "of another machine it cannot be told";
  EXPECT_THAT(refused.error().message(), HasSubstr("bob@there (pid " + std::to_string(dead) + " at other.machine)"));
  leaveLock({{"space", own.at("space").get<std::string>() + "1"}});
  EXPECT_EQ(asked.run({.kind = Kind::Again}, failed).error().code(), ErrorCode::Lost)
      << "in a container with the same host name the number means another process";
  leaveLock(Json::object());
  const auto report = asked.run({.kind = Kind::Again}, failed);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->changed, 5u);
  EXPECT_EQ(store().fleet()->get("bulk/again-lock").error().code(), ErrorCode::NotFound) << "it is released";
}

TEST_P(AgainTest, ManyIdsArePushedInSlicesAndEndBetweenTwo) {
  std::vector<std::string> ids;
  for (int i = 0; i < 250; ++i) ids.push_back("a" + std::to_string(i));
  for (const auto& id : ids) saveRecord(id, ExitStatus::Error);
  const auto report =
      operations().run({.kind = Kind::Again}, {.ids = ids}, [](const ActionProgress& so) { return so.changed == 0; });
  EXPECT_TRUE(report->stopped);
  EXPECT_EQ(report->changed, 100u);
  EXPECT_EQ(counts(kSecond).due, 100u);
  EXPECT_EQ(operations().auditTrail(1)->actions.at(0).outcome, "stopped by its operator");
}

TEST_P(AgainTest, ASecondOperatorIsRefusedWhileTheSameRuns) {
  for (int i = 0; i < 150; ++i) saveRecord("a" + std::to_string(i), ExitStatus::Error);
  const TaskTargets failed{.selection = {.state = ListedState::Failed}};
  auto asked = operations();
  auto other = operations("bob@there");
  std::string refused;
  const auto report = asked.run({.kind = Kind::Again}, failed, [&](const ActionProgress&) {
    const auto second = other.run({.kind = Kind::Again}, failed);
    if (!second) refused = second.error().message();
    return true;
  });
  EXPECT_THAT(refused, AllOf(HasSubstr("ann@here (pid "), HasSubstr("does the same right now")));
  EXPECT_EQ(report->changed, 150u);
  EXPECT_EQ(counts(kSecond).due, 150u);
}

}  // namespace
}  // namespace leptir::operations
