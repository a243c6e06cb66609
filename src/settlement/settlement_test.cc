#include "settlement/settlement.h"
#include "link/worker_stderr.h"

#include <gmock/gmock.h>

#include <csignal>

#include <limits>

namespace leptir::settlement {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using Kind = Settlement::Kind;

const RecordAuthor kAuthor{"host", 42};
constexpr std::string_view kEnvelope = "{the envelope}";

HeldTask taskWith(Counters counters, std::uint32_t maxAttempts = 0) {
  HeldTask task;
  task.lease = {77, "h"};
  task.counters = counters;
  task.head.id = "id";
  task.head.name = "name";
  task.head.maxAttempts = maxAttempts;
  return task;
}

Outcome outcomeWith(ExitStatus status, Cause cause = Cause::Finished) {
  Outcome outcome;
  outcome.status = status;
  outcome.cause = cause;
  outcome.executionTime = 1500ms;
  outcome.started = Time(100s);
  return outcome;
}

Settlement settleWith(HeldTask task, ExitStatus status) {
  return settlementOfOutcome(task, kEnvelope, outcomeWith(status), kAuthor, 0);
}

Settlement died(HeldTask task, link::StopReason reason, int signal = 0) {
  link::Verdict verdict{
      .reason = reason, .started = BootTime(1s), .ended = BootTime(3s), .signal = signal, .maxRss = 4096};
  return settlementOfVerdict(task, kEnvelope, verdict, Time(10s), Time(12s), kAuthor, 0);
}

TEST(Settlement, AcknowledgesASuccessAndRecordsIt) {
  const auto settlement = settleWith(taskWith({}), ExitStatus::Success);
  EXPECT_EQ(settlement.kind, Kind::Acknowledge);
  EXPECT_FALSE(settlement.failed);
  ASSERT_TRUE(settlement.record);
  EXPECT_EQ(settlement.record->id, "id");
  EXPECT_EQ(settlement.record->lease, 77u);
  EXPECT_EQ(settlement.record->returnCode, ExitStatus::Success);
  EXPECT_EQ(settlement.record->status, TaskStatus::Completed);
  EXPECT_EQ(settlement.record->attempt, 1);
  EXPECT_EQ(settlement.record->ended, Time(101500ms));
  EXPECT_EQ(settlement.record->envelope, "");
}

TEST(Settlement, AWarningIsASuccess) {
  const auto settlement = settleWith(taskWith({}), ExitStatus::Warning);
  EXPECT_EQ(settlement.kind, Kind::Acknowledge);
  EXPECT_FALSE(settlement.failed);
}

TEST(Settlement, AcknowledgesAFailedTaskThatAskedForNoRetries) {
  const auto settlement = settleWith(taskWith({}), ExitStatus::Error);
  EXPECT_EQ(settlement.kind, Kind::Acknowledge);
  EXPECT_TRUE(settlement.failed);
  EXPECT_EQ(settlement.record->envelope, kEnvelope);
  EXPECT_EQ(settlement.record->status, TaskStatus::Completed);
}

TEST(Settlement, RetriesAFailedTaskWhileAttemptsAreLeftAndRecordsItAsPending) {
  const auto settlement = settleWith(taskWith({.failures = 1}, 3), ExitStatus::Error);
  EXPECT_EQ(settlement.kind, Kind::Release);
  EXPECT_EQ(settlement.counters.failures, 2u);
  EXPECT_EQ(settlement.delay, 10s);
  EXPECT_EQ(settlement.record->status, TaskStatus::Pending);
}

TEST(Settlement, BuriesAFailedTaskWhoseAttemptsAreUsedUp) {
  const auto settlement = settleWith(taskWith({.failures = 2}, 3), ExitStatus::Error);
  EXPECT_EQ(settlement.kind, Kind::Bury);
  EXPECT_EQ(settlement.counters.failures, 3u);
  EXPECT_NE(settlement.reason.find("3 times"), std::string::npos);
}

TEST(Settlement, ACrashUsesUpNoAttempt) {
  const auto settlement = died(taskWith({}, 2), link::StopReason::Crash, 11);
  EXPECT_EQ(settlement.kind, Kind::Release);
  EXPECT_EQ(settlement.counters, (Counters{.crashes = 1}));
  EXPECT_EQ(settlement.delay, 0s);
  EXPECT_EQ(settlement.record->signal, 11);
  EXPECT_EQ(settlement.record->cause, "crashed");
  EXPECT_EQ(settlement.record->returnCode, ExitStatus::Error);
}

TEST(Settlement, TheRecordOfACrashHasItsCauseStackStderrAndUsage) {
  link::Verdict verdict{.reason = link::StopReason::Crash, .signal = 6, .cpuTime = 250ms, .maxRss = 4096};
  verdict.crashReportKind = link::CrashReportKind::Exception;
  verdict.exception = "std::bad_alloc: std::bad_alloc";
  verdict.stack = {"one", "two"};
  verdict.stderrTail = "its end";
  const auto settlement = settlementOfVerdict(taskWith({}), kEnvelope, verdict, Time(10s), Time(12s), kAuthor, 0);
  ASSERT_TRUE(settlement.record);
  const auto& record = *settlement.record;
  EXPECT_EQ(record.cause, "out_of_memory");
  EXPECT_EQ(record.returnCode, ExitStatus::Error);
  EXPECT_EQ(record.response, "out of memory: uncaught exception std::bad_alloc: std::bad_alloc");
  EXPECT_EQ(record.stack, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(record.stderrTail, "its end");
  EXPECT_EQ(record.maxRss, 4096u);
  EXPECT_DOUBLE_EQ(record.cpuTime, 0.25);
}

TEST(Settlement, ASecondCrashDelaysTheTaskAndAThirdBuriesIt) {
  EXPECT_EQ(died(taskWith({.crashes = 1}), link::StopReason::Crash, 11).delay, 5s);
  const auto third = died(taskWith({.crashes = 2}), link::StopReason::Crash, 11);
  EXPECT_EQ(third.kind, Kind::Bury);
  EXPECT_NE(third.reason.find("signal 11"), std::string::npos);
}

TEST(Settlement, ATimeLimitIsRecordedAsPhpLeptirDid) {
  const auto settlement = died(taskWith({}), link::StopReason::TimeLimit, 9);
  EXPECT_EQ(settlement.kind, Kind::Acknowledge);
  EXPECT_EQ(settlement.record->returnCode, ExitStatus::TimeLimitExceeded);
  EXPECT_EQ(settlement.record->status, TaskStatus::Completed);
  EXPECT_EQ(settlement.record->response, "Time limit exceeded.");
  EXPECT_EQ(settlement.record->cause, "timed_out");
  EXPECT_DOUBLE_EQ(settlement.record->executionTime, 2);
}

TEST(Settlement, StderrOfARunAndItsWorkerIsCutBetweenCharacters) {
  auto record = *died(taskWith({}), link::StopReason::TimeLimit, 9).record;
  record.stderrTail = "底板";
  Outcome said;
  said.stderrTail = std::string(link::kStderrTailBytes - 2, 'x');
  addTaskOutput(said, record);
  EXPECT_EQ(record.stderrTail, said.stderrTail) << "half a character is dropped";
}

TEST(Settlement, TheOutputOfARunThatTheMasterEndedStandsInItsRecord) {
  auto record = *died(taskWith({}), link::StopReason::TimeLimit, 9).record;
  record.stderrTail = "its worker's";
  Outcome said;
  said.response = "one two";
  said.stderrTail = std::string(link::kStderrTailBytes, 'x');
  said.flow = {"reading"};
  said.additional = R"({"rows":3})";
  said.result = "17";
  addTaskOutput(said, record);
  EXPECT_EQ(record.response, "one two Time limit exceeded.");
  EXPECT_EQ(record.stderrTail, said.stderrTail) << "the last 64 KiB";
  EXPECT_EQ(record.flow, said.flow);
  EXPECT_EQ(record.additional, said.additional);
  EXPECT_EQ(record.result, said.result);
  EXPECT_EQ(record.returnCode, ExitStatus::TimeLimitExceeded);
}

TEST(Settlement, TheUserWhoCancelledIsNotOverwrittenByTheOutputOfTheRun) {
  auto record = *died(taskWith({}), link::StopReason::Cancel).record;
  const auto additional = record.additional;
  addTaskOutput({.additional = R"({"cancelledBy":"nobody"})"}, record);
  EXPECT_EQ(record.additional, additional);
}

TEST(Settlement, TheLogSaysAfterACrashWhatHappensToTheTaskNext) {
  const auto sentenceAfter = [](std::uint32_t crashes) {
    return describeEnding(died(taskWith({.crashes = crashes}), link::StopReason::Crash, SIGSEGV));
  };
  EXPECT_THAT(sentenceAfter(0), EndsWith("(crashed, attempt 1). It runs again at once."));
  EXPECT_THAT(sentenceAfter(1), EndsWith("(crashed, attempt 2). It runs again in 5.0 s."));
  EXPECT_THAT(sentenceAfter(2), HasSubstr("(crashed, attempt 3). It is buried: its worker died 3 times"));
}

TEST(Settlement, AShutdownGivesBackWithoutARecord) {
  const auto settlement = died(taskWith({.failures = 1}), link::StopReason::Shutdown);
  EXPECT_EQ(settlement.kind, Kind::GiveBack);
  EXPECT_EQ(settlement.counters, (Counters{.failures = 1}));
  EXPECT_FALSE(settlement.record);
}

TEST(Settlement, ALostLeaseWritesNothing) {
  const auto settlement = died(taskWith({}), link::StopReason::LeaseLost);
  EXPECT_EQ(settlement.kind, Kind::Drop);
  EXPECT_FALSE(settlement.record);
}

TEST(Settlement, AProgramThatASignalEndedIsACrash) {
  auto outcome = outcomeWith(ExitStatus::Error, Cause::Crashed);
  outcome.signal = 6;
  const auto settlement = settlementOfOutcome(taskWith({}), kEnvelope, outcome, kAuthor, 0);
  EXPECT_EQ(settlement.kind, Kind::Release);
  EXPECT_EQ(settlement.counters.crashes, 1u);
  EXPECT_EQ(settlement.record->signal, 6);
}

TEST(Settlement, AnUnknownNameIsLeftToOthersOrBuriedWithARecord) {
  const auto left = settlementOfUnknownName(taskWith({}), kEnvelope, 30s, Time(0s), kAuthor);
  EXPECT_EQ(left.kind, Kind::LeaveToOthers);
  EXPECT_EQ(left.delay, 30s);
  EXPECT_EQ(left.counters.unknown, 1u);
  EXPECT_FALSE(left.record);
  const auto buried = settlementOfUnknownName(taskWith({}), kEnvelope, std::nullopt, Time(0s), kAuthor);
  EXPECT_EQ(buried.kind, Kind::Bury);
  EXPECT_EQ(buried.record->cause, "unknown_name");
}

TEST(DelayAfterFailure, DoublesUpToAnHourWithJitter) {
  EXPECT_EQ(delayAfterFailure(1, 0), 5s);
  EXPECT_EQ(delayAfterFailure(4, 0), 40s);
  EXPECT_EQ(delayAfterFailure(100, 0), 1h);
  EXPECT_EQ(delayAfterFailure(1, 1), 3750ms);
}

TEST(Settlement, ARetryThatTheTaskAskedForUsesUpNoAttempt) {
  auto outcome = outcomeWith(ExitStatus::Unknown, Cause::RetryLater);
  outcome.retryAfter = 30s;
  const auto settlement = settlementOfOutcome(taskWith({.failures = 1}), kEnvelope, outcome, kAuthor, 0);
  EXPECT_EQ(settlement.kind, Kind::Release);
  EXPECT_EQ(settlement.delay, 30s);
  EXPECT_EQ(settlement.counters, Counters{.failures = 1});
  EXPECT_EQ(settlement.record->cause, "retry_later");
  EXPECT_EQ(settlement.record->status, TaskStatus::Pending);
}

TEST(Settlement, ADiscardedTaskIsAcknowledgedEvenIfAttemptsAreLeft) {
  const auto settlement =
      settlementOfOutcome(taskWith({}, 5), kEnvelope, outcomeWith(ExitStatus::Unknown, Cause::Discarded), kAuthor, 0);
  EXPECT_EQ(settlement.kind, Kind::Acknowledge);
  EXPECT_EQ(settlement.record->cause, "discarded");
  EXPECT_EQ(settlement.record->status, TaskStatus::Completed);
  EXPECT_EQ(settlement.record->envelope, kEnvelope);
}

TEST(Settlement, TheFirstRetryWaitsForTheRetryDelayOfTheTaskName) {
  auto task = taskWith({}, 3);
  task.retryDelay = 100ms;
  EXPECT_EQ(settleWith(task, ExitStatus::Error).delay, 100ms);
  task.counters.failures = 1;
  EXPECT_EQ(settleWith(task, ExitStatus::Error).delay, 200ms);
}

constexpr auto kLimit = std::numeric_limits<std::uint32_t>::max();

TEST(Settlement, CountersThatAStoreHasAtTheirLimitStayThere) {
  const auto failed = settleWith(taskWith({.failures = kLimit}, kLimit), ExitStatus::Error);
  EXPECT_EQ(failed.kind, Kind::Bury);
  EXPECT_EQ(failed.counters.failures, kLimit);
  EXPECT_EQ(failed.record->attempt, std::numeric_limits<int>::max());

  const auto crashed = died(taskWith({.crashes = kLimit}), link::StopReason::Crash, 11);
  EXPECT_EQ(crashed.kind, Kind::Bury);
  EXPECT_EQ(crashed.counters.crashes, kLimit);

  const auto unknown =
      settlementOfUnknownName(taskWith({.unknown = kLimit}), kEnvelope, std::nullopt, Time(1s), kAuthor);
  EXPECT_EQ(unknown.kind, Kind::Bury);
  EXPECT_EQ(unknown.counters.unknown, kLimit);
}

TEST(Settlement, TheSumOfAllAttemptsDoesNotOverflow) {
  const Counters counters{.failures = kLimit, .crashes = kLimit, .expiries = 1};
  EXPECT_EQ(counters.attempts(), kLimit);
  EXPECT_EQ(counters.nextAttempt(), std::numeric_limits<int>::max());
  EXPECT_EQ((Counters{.failures = 2, .crashes = 1}).nextAttempt(), 4);
  EXPECT_EQ((Counters{.failures = 2'147'483'646}).nextAttempt(), 2'147'483'647);
}

TEST(Settlement, TheDelayOfARetryStaysAtAnHourAfterManyFailures) {
  for (const std::uint32_t failures : {62U, 63U, 64U, 100U, kLimit - 2}) {
    const auto settlement = settleWith(taskWith({.failures = failures}, kLimit), ExitStatus::Error);
    EXPECT_EQ(settlement.kind, Kind::Release) << failures;
    EXPECT_EQ(settlement.delay, 1h) << failures;
  }
}

// The head of an outcome lies in memory that a task may overwrite.
TEST(Settlement, CorruptTimesInAnOutcomeDoNotOverflow) {
  auto outcome = outcomeWith(ExitStatus::Success);
  outcome.started = Time::max();
  outcome.executionTime = Duration::max();
  EXPECT_EQ(settlementOfOutcome(taskWith({}), kEnvelope, outcome, kAuthor, 0).record->ended, Time::max());
}

TEST(Settlement, AnExpiredTaskIsAcknowledgedWithARecordAndUsesUpNoAttempt) {
  auto task = taskWith({.failures = 1}, 5);
  task.head.expires = Time(1'795'456'800s);
  const auto settlement = settlementOfExpired(task, kEnvelope, Time(1'795'456'805s), kAuthor);
  EXPECT_EQ(settlement.kind, Kind::Acknowledge);
  EXPECT_EQ(settlement.counters, task.counters);
  EXPECT_TRUE(settlement.failed);
  EXPECT_EQ(settlement.record->cause, "expired");
  EXPECT_EQ(settlement.record->returnCode, ExitStatus::Unknown);
  EXPECT_EQ(settlement.record->status, TaskStatus::Completed);
  EXPECT_EQ(settlement.record->response, "Not begun before 2026-11-23T18:00:00Z: it expired.");
  EXPECT_EQ(settlement.record->envelope, kEnvelope);
  EXPECT_EQ(describeFailure(settlement), "Task was not run. Not begun before 2026-11-23T18:00:00Z: it expired.");
}

TEST(Settlement, ATaskWhoseSessionExpiredTooOftenIsBuriedWithTheNumberOfItsLastRun) {
  const auto task = taskWith({.failures = 1, .expiries = kMostExpiries}, 50);
  const auto settlement = settlementOfSessionExpired(task, kEnvelope, Time(9s), kAuthor);
  EXPECT_EQ(settlement.kind, Kind::Bury);
  EXPECT_EQ(settlement.counters, task.counters);
  EXPECT_EQ(settlement.reason, "its session expired 10 times");
  EXPECT_TRUE(settlement.failed);
  EXPECT_EQ(settlement.record->cause, "session_expired");
  EXPECT_EQ(settlement.record->returnCode, ExitStatus::Error);
  EXPECT_EQ(settlement.record->status, TaskStatus::Completed);
  EXPECT_EQ(settlement.record->attempt, 11) << "one run failed, ten were lost";
  EXPECT_EQ(settlement.record->response, "It was not run again: its session expired 10 times.");
  EXPECT_EQ(settlement.record->envelope, kEnvelope);
  EXPECT_EQ(describeFailure(settlement),
            "Task has failed (session_expired, attempt 11). It is buried: its session expired 10 times.");
}

TEST(Settlement, BytesThatAreNoEnvelopeAreBuriedWithARecord) {
  const auto settlement = settlementOfMalformed(taskWith({}), "bytes", "no envelope: no JSON", Time(9s), kAuthor);
  EXPECT_EQ(settlement.kind, Kind::Bury);
  EXPECT_EQ(settlement.reason, "malformed: no envelope: no JSON");
  EXPECT_EQ(settlement.record->cause, "malformed");
  EXPECT_EQ(settlement.record->returnCode, ExitStatus::Unknown);
  EXPECT_EQ(settlement.record->status, TaskStatus::Completed);
  EXPECT_EQ(settlement.record->response, "no envelope: no JSON");
  EXPECT_EQ(settlement.record->envelope, "bytes");
}

TEST(Settlement, ATaskThatCrashesDispatchersHasARecordOnceItIsBuried) {
  const auto first = settlementOfDispatcherCrash(taskWith({}), kEnvelope, Time(9s), kAuthor);
  EXPECT_EQ(first.kind, Kind::Release);
  EXPECT_EQ(first.counters.crashes, 1u);
  EXPECT_FALSE(first.record) << "another task may have been the cause";
  EXPECT_FALSE(first.failed);
  const auto last = settlementOfDispatcherCrash(taskWith({.crashes = 2}), kEnvelope, Time(9s), kAuthor);
  EXPECT_EQ(last.kind, Kind::Bury);
  EXPECT_EQ(last.counters.crashes, 3u);
  EXPECT_EQ(last.record->cause, "crashed");
  EXPECT_EQ(last.record->attempt, 3);
  EXPECT_EQ(last.record->response,
            "It was not run: the dispatcher died while it held this task alone; crashes so far: 3.");
}

TEST(Settlement, ATaskThatItsWorkerFoundExpiredIsNotRetried) {
  const auto settlement =
      settlementOfOutcome(taskWith({}, 5), kEnvelope, outcomeWith(ExitStatus::Unknown, Cause::Expired), kAuthor, 0);
  EXPECT_EQ(settlement.kind, Kind::Acknowledge);
  EXPECT_EQ(settlement.counters, Counters{});
  EXPECT_EQ(settlement.record->cause, "expired");
}

}  // namespace
}  // namespace leptir::settlement
