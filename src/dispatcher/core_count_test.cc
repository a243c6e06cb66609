// What the core counts of settled tasks, for the metrics.
#include "dispatcher/core_fixture.h"
#include "dispatcher/settled_task_metrics.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;
using metrics::FailureCause;
using metrics::SettledTask;
using metrics::TaskEnd;

class CoreCountTest : public CoreTest {
 protected:
  // Leases a task and returns its cell.
  CellRef run(BrokerTask task, Counters counters = {}) {
    if (task.name.empty()) task.name = "noop";
    task.id = "a";
    return step(event::Leased{0, 1, {{task::encodeEnvelope(task), counters, leaseOf("a")}}, true})
        .assignments.at(0)
        .cell;
  }

  // What is counted once the stores have settled the batch that the last step handed out.
  SettledTask counted() {
    EXPECT_TRUE(last.settledForMetrics.empty()) << "not before its store has settled it";
    if (!last.batchesToSave.empty()) step(event::RecordsSaved{last.batchesToSave.at(0)->id});
    step(event::BatchSettled{last.batchesToSettle.at(0)->id});
    EXPECT_EQ(last.settledForMetrics.size(), 1u);
    return last.settledForMetrics.at(0);
  }

  Outcome outcomeOf(ExitStatus status, Cause cause = Cause::Finished) const {
    Outcome outcome;
    outcome.status = status;
    outcome.cause = cause;
    outcome.started = now.wall;
    outcome.executionTime = 30ms;
    return outcome;
  }

  SettledTask countedAfter(const Outcome& outcome, BrokerTask task = {}) {
    const auto cell = run(std::move(task));
    step(event::CellDone{cell, outcome, "{}"});
    return counted();
  }

  SettledTask countedAfter(link::StopReason reason, BrokerTask task = {}, Counters counters = {}) {
    const auto cell = run(std::move(task), counters);
    const link::Verdict verdict{.reason = reason, .started = now.boot - 2s, .ended = now.boot};
    step(event::CellDied{cell, verdict, "{}"});
    return counted();
  }
};

TEST_F(CoreCountTest, ASuccessWithItsTimes) {
  const auto counted = countedAfter(outcomeOf(ExitStatus::Success), {.pushedAt = now.wall - 40ms});
  EXPECT_EQ(counted.broker, 0u);
  EXPECT_EQ(counted.name, 1u);
  EXPECT_EQ(counted.end, TaskEnd::Succeeded);
  EXPECT_EQ(counted.cause, FailureCause::None);
  EXPECT_EQ(counted.runTime, 30ms);
  EXPECT_EQ(counted.queueTime, 40ms);
}

TEST_F(CoreCountTest, ATaskWhoseSessionWasOverIsLostAndNotDone) {
  const auto cell = run({});
  step(event::CellDone{cell, outcomeOf(ExitStatus::Success), "{}"});
  step(event::RecordsSaved{last.batchesToSave.at(0)->id});
  step(event::BatchSettled{.batch = last.batchesToSettle.at(0)->id, .isLost = true});
  ASSERT_EQ(last.settledForMetrics.size(), 1u);
  EXPECT_EQ(last.settledForMetrics[0].end, TaskEnd::Lost);
  EXPECT_EQ(last.settledForMetrics[0].runTime, SettledTask::kNotMeasured);
  EXPECT_EQ(last.succeeded + last.failed, 0u);
  EXPECT_EQ(last.cellsToFree.size(), 1u);
}

TEST_F(CoreCountTest, AScheduledTaskIsNotInTheQueueBeforeItsTime) {
  const auto counted =
      countedAfter(outcomeOf(ExitStatus::Success), {.timeOfExecution = now.wall - 2s, .pushedAt = now.wall - 1h});
  EXPECT_EQ(counted.queueTime, 2s);
}

TEST_F(CoreCountTest, AClockThatIsBehindMakesNoTimeNegative) {
  EXPECT_EQ(countedAfter(outcomeOf(ExitStatus::Success), {.pushedAt = now.wall + 1min}).queueTime, 0s);
}

TEST_F(CoreCountTest, OnlyTheFirstAttemptHasAQueueTime) {
  const auto cell = run({.pushedAt = now.wall - 40ms}, {.failures = 1});
  step(event::CellDone{cell, outcomeOf(ExitStatus::Success), "{}"});
  const auto again = counted();
  EXPECT_EQ(again.queueTime, SettledTask::kNotMeasured);
  EXPECT_EQ(again.runTime, 30ms);
}

TEST_F(CoreCountTest, AFailure) {
  const auto counted = countedAfter(outcomeOf(ExitStatus::Error));
  EXPECT_EQ(counted.end, TaskEnd::Failed);
  EXPECT_EQ(counted.cause, FailureCause::Error);
  EXPECT_EQ(counted.runTime, 30ms);
}

TEST_F(CoreCountTest, ARetry) {
  const auto counted = countedAfter(outcomeOf(ExitStatus::Unknown, Cause::Threw), {.maxAttempts = 3});
  EXPECT_EQ(counted.end, TaskEnd::Retried);
  EXPECT_EQ(counted.cause, FailureCause::Threw);
}

TEST_F(CoreCountTest, ABurialAfterTheLastAttempt) {
  const auto cell = run({.maxAttempts = 2}, {.failures = 1});
  step(event::CellDone{cell, outcomeOf(ExitStatus::Error), "{}"});
  EXPECT_EQ(counted().end, TaskEnd::Buried);
}

TEST_F(CoreCountTest, ATaskThatAsksForAnotherRunIsNoFailure) {
  auto outcome = outcomeOf(ExitStatus::Unknown, Cause::RetryLater);
  outcome.retryAfter = 1s;
  const auto counted = countedAfter(outcome);
  EXPECT_EQ(counted.end, TaskEnd::Retried);
  EXPECT_EQ(counted.cause, FailureCause::None);
}

TEST_F(CoreCountTest, ATaskThatDiscardsItself) {
  EXPECT_EQ(countedAfter(outcomeOf(ExitStatus::Unknown, Cause::Discarded)).end, TaskEnd::Discarded);
}

TEST_F(CoreCountTest, ACrash) {
  const auto counted = countedAfter(link::StopReason::Crash);
  EXPECT_EQ(counted.end, TaskEnd::Retried);
  EXPECT_EQ(counted.cause, FailureCause::Crashed);
  EXPECT_EQ(counted.runTime, 2s);
}

TEST_F(CoreCountTest, TheThirdCrashBuries) {
  EXPECT_EQ(countedAfter(link::StopReason::Crash, {}, {.crashes = 2}).end, TaskEnd::Buried);
}

TEST_F(CoreCountTest, ATaskThatIsKilledAtItsTimeLimit) {
  const auto counted = countedAfter(link::StopReason::TimeLimit);
  EXPECT_EQ(counted.end, TaskEnd::Failed);
  EXPECT_EQ(counted.cause, FailureCause::TimedOut);
}

TEST_F(CoreCountTest, ARunningTaskThatIsCancelled) {
  const auto counted = countedAfter(link::StopReason::Cancel);
  EXPECT_EQ(counted.end, TaskEnd::Cancelled);
  EXPECT_EQ(counted.cause, FailureCause::None);
}

TEST_F(CoreCountTest, ATaskThatAStopGivesBack) {
  const auto counted = countedAfter(link::StopReason::Shutdown);
  EXPECT_EQ(counted.end, TaskEnd::GivenBack);
  EXPECT_EQ(counted.runTime, SettledTask::kNotMeasured);
}

TEST_F(CoreCountTest, ATaskThatWasCancelledBeforeItBeganHasNoRunTime) {
  step(event::Leased{0, 1, {{envelopeOf("a"), {}, leaseOf("a"), "me@host"}}, true});
  const auto cancelled = counted();
  EXPECT_EQ(cancelled.end, TaskEnd::Cancelled);
  EXPECT_EQ(cancelled.runTime, SettledTask::kNotMeasured);
}

TEST_F(CoreCountTest, ATaskThatExpired) {
  const auto envelope = task::encodeEnvelope({.id = "a", .name = "noop", .expires = now.wall - 1s});
  step(event::Leased{0, 1, {{envelope, {}, leaseOf("a")}}, true});
  const auto expired = counted();
  EXPECT_EQ(expired.end, TaskEnd::Expired);
  EXPECT_EQ(expired.runTime, SettledTask::kNotMeasured);
}

TEST_F(CoreCountTest, BytesThatAreNoTaskAreBuriedWithoutAName) {
  step(event::Leased{0, 1, {{"no envelope", {}, leaseOf("a")}}, true});
  const auto malformed = counted();
  EXPECT_EQ(malformed.end, TaskEnd::Buried);
  EXPECT_EQ(malformed.cause, FailureCause::Malformed);
  EXPECT_EQ(malformed.name, 0u);
}

TEST_F(CoreCountTest, ATaskOfAnUnknownNameHasNoNameOfItsOwn) {
  step(event::Leased{0, 1, {{envelopeOf("a", "unheard"), {}, leaseOf("a")}}, true});
  const auto unknown = counted();
  EXPECT_EQ(unknown.end, TaskEnd::GivenBack);
  EXPECT_EQ(unknown.name, 0u);
}

TEST_F(CoreCountTest, ATaskOfAnUnknownNameThatComesAgainIsShown) {
  step(event::Leased{0, 1, {{envelopeOf("a", "unheard"), {}, leaseOf("a")}}, true});
  EXPECT_EQ(core->tasksOfUnknownNames(0, now.boot), 0u);
  now.boot += 30s;
  step(event::Leased{0, 1, {{envelopeOf("a", "unheard"), {}, leaseOf("a")}}, true});
  EXPECT_EQ(core->tasksOfUnknownNames(0, now.boot), 1u);
}

TEST_F(CoreCountTest, ATaskThatGoesBackWithoutARunIsNoRetry) {
  const settlement::Settlement released{.kind = settlement::Settlement::Kind::Release};
  EXPECT_EQ(settledTaskMetrics({}, released, MayHaveRun::No).end, TaskEnd::GivenBack);
}

TEST_F(CoreCountTest, ATaskWhoseLeaseIsLostIsCountedOnceItEnds) {
  const auto cell = run({});
  step(event::LeasesLost{0, {leaseOf("a")}});
  EXPECT_TRUE(last.settledForMetrics.empty());
  step(event::CellDone{cell, outcomeOf(ExitStatus::Success), "{}"});
  ASSERT_EQ(last.settledForMetrics.size(), 1u);
  EXPECT_EQ(last.settledForMetrics[0].end, TaskEnd::Lost);
  EXPECT_EQ(last.settledForMetrics[0].name, 1u);
}

TEST_F(CoreCountTest, ATaskOfAnEarlierDispatcherIsCountedByItsName) {
  options.taskNames = {"aaa", "noop", "zzz"};
  core = std::make_unique<Core>(options, [] { return 0.0; });
  const auto envelope = envelopeOf("a");
  step(event::CellFound{{0, 7}, {.broker = 0, .epoch = 1, .lease = leaseOf("a"), .envelope = envelope}, true});
  step(event::BrokerOpened{0, 1});
  step(event::CellDone{{0, 7}, outcomeOf(ExitStatus::Success), "{}"});
  EXPECT_EQ(counted().name, 2u);
}

TEST_F(CoreCountTest, WhatIsHeldIsInFlightUntilItIsSettled) {
  start(1, {0, 1});
  EXPECT_EQ(core->tasksInFlight(), (std::vector<std::uint64_t>{0, 0}));
  lease({"a", "b", "c"}, 1);
  EXPECT_EQ(core->tasksInFlight(), (std::vector<std::uint64_t>{0, 3}));
}

}  // namespace
}  // namespace leptir::dispatcher
