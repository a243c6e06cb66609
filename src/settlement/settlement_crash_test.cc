// What becomes of a task whose run did not end by itself: a crash, a time limit, a cancel request, a stop.
#include <gmock/gmock.h>

#include <csignal>

#include "leptir/json.h"
#include "link/worker_stderr.h"
#include "settlement/settlement_fixture.h"

namespace leptir::settlement {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using Kind = Settlement::Kind;

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
  addTaskOutput({.additional = R"({"cancelledBy":"other@host"})"}, record);
  EXPECT_EQ(record.additional, additional);
}

TEST(Settlement, TheRecordOfABuriedTaskSaysWhyBesideWhatTheRunGave) {
  const auto burial = [](const std::string& additional) {
    auto record = *died(taskWith({.failures = 2}, 3), link::StopReason::TimeLimit, 9).record;
    addTaskOutput({.additional = additional}, record);
    return Json::parse(record.additional);
  };
  const auto* const why = "failed 3 times, the last time: timed_out";
  EXPECT_EQ(burial(""), (Json{{"buried", why}}));
  EXPECT_EQ(burial(R"({"rows":3,"buried":"not at all"})"), (Json{{"rows", 3}, {"buried", why}}));
  EXPECT_EQ(burial("[no object"), (Json{{"additional", "[no object"}, {"buried", why}}));
}

TEST(Settlement, TheLogSaysAfterACrashWhatHappensToTheTaskNext) {
  const auto sentenceAfter = [](std::uint32_t crashes) {
    return describeFailureByVerdict(died(taskWith({.crashes = crashes}), link::StopReason::Crash, SIGSEGV));
  };
  EXPECT_THAT(sentenceAfter(0), EndsWith("(crashed, attempt 1). It runs again at once."));
  EXPECT_THAT(sentenceAfter(1), EndsWith("(crashed, attempt 2). It runs again in 5.0 s."));
  EXPECT_THAT(sentenceAfter(2), HasSubstr("(crashed, attempt 3). It is buried: its worker died 3 times"));
}

TEST(Settlement, TheLogSaysHowTheMasterEndedARunInOneSentence) {
  const auto cancelled = settlementOfVerdict(
      taskWith({}), "{}", {.reason = link::StopReason::Cancel, .cancelledBy = "ann@desk"}, {}, {}, kAuthor, 0);
  EXPECT_EQ(describeFailureByVerdict(cancelled), "Cancelled by ann@desk (cancelled, attempt 1).");
  EXPECT_EQ(describeFailureByVerdict(died(taskWith({}), link::StopReason::TimeLimit)),
            "Time limit exceeded (timed_out, attempt 1).");
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

}  // namespace
}  // namespace leptir::settlement
