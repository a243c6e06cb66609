// What becomes of a task after a run that ended by itself: done, retried or buried.
#include <gtest/gtest.h>

#include <limits>

#include "leptir/json.h"
#include "settlement/settlement_fixture.h"

namespace leptir::settlement {
namespace {

using namespace std::chrono_literals;
using Kind = Settlement::Kind;

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
  EXPECT_EQ(settlement.record->additional, "") << "not buried";
}

TEST(Settlement, BuriesAFailedTaskWhoseAttemptsAreUsedUp) {
  const auto settlement = settleWith(taskWith({.failures = 2}, 3), ExitStatus::Error);
  EXPECT_EQ(settlement.kind, Kind::Bury);
  EXPECT_EQ(settlement.counters.failures, 3u);
  EXPECT_EQ(settlement.reason, "failed 3 times, the last time: error");
  EXPECT_EQ(Json::parse(settlement.record->additional).at("buried"), settlement.reason);
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
  EXPECT_EQ(describeFailure(settlement), "Task asks to be run again later (attempt 2). It runs again in 30.0 s.");
  EXPECT_EQ(levelOfFailure(settlement), LogLevel::Info);
}

TEST(Settlement, ADiscardedTaskIsAcknowledgedEvenIfAttemptsAreLeft) {
  const auto settlement =
      settlementOfOutcome(taskWith({}, 5), kEnvelope, outcomeWith(ExitStatus::Unknown, Cause::Discarded), kAuthor, 0);
  EXPECT_EQ(settlement.kind, Kind::Acknowledge);
  EXPECT_EQ(settlement.record->cause, "discarded");
  EXPECT_EQ(describeFailure(settlement), "Task discards itself and is not run again (attempt 1).");
  EXPECT_EQ(levelOfFailure(settlement), LogLevel::Warning);
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

TEST(Settlement, CountersThatAStoreHasAtTheirLimitStayThere) {
  const auto failed = settleWith(taskWith({.failures = kCounterLimit}, kCounterLimit), ExitStatus::Error);
  EXPECT_EQ(failed.kind, Kind::Bury);
  EXPECT_EQ(failed.counters.failures, kCounterLimit);
  EXPECT_EQ(failed.record->attempt, std::numeric_limits<int>::max());

  const auto crashed = died(taskWith({.crashes = kCounterLimit}), link::StopReason::Crash, 11);
  EXPECT_EQ(crashed.kind, Kind::Bury);
  EXPECT_EQ(crashed.counters.crashes, kCounterLimit);

  const auto unknown =
      settlementOfUnknownName(taskWith({.unknown = kCounterLimit}), kEnvelope, std::nullopt, Time(1s), kAuthor);
  EXPECT_EQ(unknown.kind, Kind::Bury);
  EXPECT_EQ(unknown.counters.unknown, kCounterLimit);
}

TEST(Settlement, TheSumOfAllAttemptsDoesNotOverflow) {
  const Counters counters{.failures = kCounterLimit, .crashes = kCounterLimit, .expiries = 1};
  EXPECT_EQ(counters.attempts(), kCounterLimit);
  EXPECT_EQ(counters.nextAttempt(), std::numeric_limits<int>::max());
  EXPECT_EQ((Counters{.failures = 2, .crashes = 1}).nextAttempt(), 4);
  EXPECT_EQ((Counters{.failures = 2'147'483'646}).nextAttempt(), 2'147'483'647);
}

TEST(Settlement, TheDelayOfARetryStaysAtAnHourAfterManyFailures) {
  for (const std::uint32_t failures : {62U, 63U, 64U, 100U, kCounterLimit - 2}) {
    const auto settlement = settleWith(taskWith({.failures = failures}, kCounterLimit), ExitStatus::Error);
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

}  // namespace
}  // namespace leptir::settlement
