// What becomes of a task that is not run: expired, malformed, of an unknown name, or a danger to dispatchers.
#include <gtest/gtest.h>

#include "settlement/settlement_fixture.h"

namespace leptir::settlement {
namespace {

using namespace std::chrono_literals;
using Kind = Settlement::Kind;

TEST(Settlement, AnUnknownNameIsLeftToOthersOrBuriedWithARecord) {
  const auto left = settlementOfUnknownName(taskWith({}), kEnvelope, 30s, Time(0s), kAuthor);
  EXPECT_EQ(left.kind, Kind::LeaveToOthers);
  EXPECT_EQ(left.delay, 30s);
  EXPECT_EQ(left.counters.unknown, 1u);
  EXPECT_FALSE(left.record);
  const auto buried = settlementOfUnknownName(taskWith({}), kEnvelope, std::nullopt, Time(0s), kAuthor);
  EXPECT_EQ(buried.kind, Kind::Bury);
  EXPECT_EQ(buried.record->cause, "unknown_name");
  EXPECT_EQ(buried.record->response, "It was not run: for a day, no program that leased it had a task named 'name'.");
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
  const auto task = taskWith({.failures = 1, .expiries = kMaxExpiries}, 50);
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
