#include "dispatcher/report_of.h"

#include <gtest/gtest.h>

namespace leptir::dispatcher {
namespace {

using report::ErrorKind;
using report::ErrorReport;
using report::TaskFate;
using settlement::HeldTask;
using settlement::RecordAuthor;

const RecordAuthor kAuthor{"box", 7};
const std::string kEnvelope = R"({"cn":"mail","td":{"id":"a1"}})";

HeldTask task(std::uint32_t maxAttempts = 1) {
  return {.lease = {5, "h"}, .head = {.id = "a1", .name = "mail", .maxAttempts = maxAttempts}};
}

std::optional<ErrorReport> afterOutcome(Outcome outcome, std::uint32_t maxAttempts = 1) {
  return reportOf(
      settlement::settlementOfOutcome(task(maxAttempts), kEnvelope, std::move(outcome), kAuthor, /*jitter=*/0),
      kEnvelope, "main");
}

std::optional<ErrorReport> afterVerdict(const link::Verdict& verdict) {
  return reportOf(settlement::settlementOfVerdict(task(), kEnvelope, verdict, {}, {}, kAuthor, 0), kEnvelope, "main");
}

TEST(ReportOf, AnExceptionHasItsTypeAndMessage) {
  const auto report = afterOutcome({.status = ExitStatus::Error,
                                    .cause = Cause::Threw,
                                    .response = "Task exited with exception: no",
                                    .stderrTail = "late",
                                    .thrown = ThrownError{"std::runtime_error", "no"}});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, ErrorKind::Exception);
  EXPECT_EQ(report->thrown->type, "std::runtime_error");
  EXPECT_EQ(report->thrown->message, "no");
  EXPECT_EQ(report->response, "Task exited with exception: no");
  EXPECT_EQ(report->stderrTail, "late");
  EXPECT_EQ(report->id, "a1");
  EXPECT_EQ(report->name, "mail");
  EXPECT_EQ(report->cause, "threw");
  EXPECT_EQ(report->status, "error");
  EXPECT_EQ(report->broker, "main");
  EXPECT_EQ(report->host, "box");
  EXPECT_EQ(report->pid, 7);
  EXPECT_EQ(report->envelope, kEnvelope);
  EXPECT_EQ(report->fate, TaskFate::Over);
}

TEST(ReportOf, AnErrorStatusSaysWhetherTheTaskIsRetriedOrBuried) {
  EXPECT_EQ(afterOutcome({.status = ExitStatus::Error})->fate, TaskFate::Over);
  EXPECT_EQ(afterOutcome({.status = ExitStatus::Unknown})->kind, ErrorKind::Error);
  EXPECT_EQ(afterOutcome({.status = ExitStatus::Error}, 2)->fate, TaskFate::Retried);
  auto last = task(2);
  last.counters.failures = 1;
  const auto buried = reportOf(
      settlement::settlementOfOutcome(last, kEnvelope, {.status = ExitStatus::Error}, kAuthor, 0), kEnvelope, "main");
  EXPECT_EQ(buried->fate, TaskFate::Buried);
  EXPECT_EQ(buried->attempt, 2);
  EXPECT_EQ(buried->reason, "failed 2 times, the last time: error");
}

TEST(ReportOf, ACrashHasItsStackSignalAndStderr) {
  const auto report = afterVerdict(
      {.reason = link::StopReason::Crash, .pid = 99, .signal = 11, .stack = {"f at a.cc:1"}, .stderrTail = "oh no"});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, ErrorKind::Crash);
  EXPECT_EQ(report->fate, TaskFate::Retried);
  EXPECT_EQ(report->signal, 11);
  EXPECT_EQ(report->stack, std::vector<std::string>{"f at a.cc:1"});
  EXPECT_EQ(report->stderrTail, "oh no");
}

TEST(ReportOf, AnExceededTimeLimitIsReported) {
  EXPECT_EQ(afterVerdict({.reason = link::StopReason::TimeLimit})->kind, ErrorKind::TimeLimit);
}

TEST(ReportOf, ATaskOfAnUnknownNameIsReportedWhenItIsBuriedButNotBefore) {
  const auto report = [](std::optional<Duration> delay) {
    return reportOf(settlement::settlementOfUnknownName(task(), kEnvelope, delay, {}, kAuthor), kEnvelope, "main");
  };
  EXPECT_FALSE(report(std::chrono::seconds(30)));
  ASSERT_TRUE(report(std::nullopt));
  EXPECT_EQ(report(std::nullopt)->kind, ErrorKind::Buried);
  EXPECT_EQ(report(std::nullopt)->reason, "for a day, no program that leased it had a task named 'mail'");
}

TEST(ReportOf, WhatIsNoErrorIsNotReported) {
  EXPECT_FALSE(afterOutcome({.status = ExitStatus::Success}));
  EXPECT_FALSE(afterOutcome({.status = ExitStatus::Warning}));
  EXPECT_FALSE(afterOutcome({.status = ExitStatus::Unknown, .cause = Cause::RetryLater}));
  EXPECT_FALSE(afterOutcome({.status = ExitStatus::Unknown, .cause = Cause::Discarded}));
  EXPECT_FALSE(afterOutcome({.status = ExitStatus::Error, .cause = Cause::GaveBack}));
  for (const auto reason : {link::StopReason::Cancel, link::StopReason::Shutdown, link::StopReason::LeaseLost})
    EXPECT_FALSE(afterVerdict({.reason = reason}));
}

TEST(ReportOf, ARefusedEnvelopeIsReportedAsItCame) {
  const auto report = reportOf(settlement::settlementOfMalformed({}, "bytes", "no JSON", {}, kAuthor), "bytes", "main");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, ErrorKind::Malformed);
  EXPECT_EQ(report->fate, TaskFate::Buried);
  EXPECT_EQ(report->reason, "malformed: no JSON");
  EXPECT_EQ(report->cause, "malformed");
  EXPECT_EQ(report->envelope, "bytes");
  EXPECT_EQ(report->id, "");
}

TEST(ReportOf, ATaskWhoseSessionExpiredTooOftenIsReported) {
  auto lost = task();
  lost.counters.expiries = kMaxExpiries;
  const auto report = reportOf(settlement::settlementOfSessionExpired(lost, kEnvelope, {}, kAuthor), kEnvelope, "main");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, ErrorKind::Buried);
  EXPECT_EQ(report->fate, TaskFate::Buried);
  EXPECT_EQ(report->id, "a1");
  EXPECT_EQ(report->reason, "its session expired 10 times");
}

TEST(ReportOf, ATaskThatCrashesDispatchersIsReportedAsACrashWhenItIsBuried) {
  const auto report = [](std::uint32_t crashes) {
    auto poison = task();
    poison.counters.crashes = crashes;
    return reportOf(settlement::settlementOfDispatcherCrash(poison, kEnvelope, {}, kAuthor), kEnvelope, "main");
  };
  EXPECT_FALSE(report(1));
  ASSERT_TRUE(report(2));
  EXPECT_EQ(report(2)->kind, ErrorKind::Crash);
  EXPECT_EQ(report(2)->fate, TaskFate::Buried);
}

TEST(ReportOf, LargeTextsAreCutSinceManyReportsMayWait) {
  const auto report = afterOutcome({.status = ExitStatus::Error, .response = std::string(1 << 20, 'x')});
  EXPECT_LT(report->response.size(), report::kMaxTextBytes + 10);
  const std::string envelope(report::kMaxEnvelopeBytes + 1, 'x');
  const auto large = reportOf(settlement::settlementOfMalformed({}, envelope, "", {}, kAuthor), envelope, "main");
  EXPECT_EQ(large->envelope, "");
}

}  // namespace
}  // namespace leptir::dispatcher
