// How error reports reach their reporters one by one, and what becomes of those that do not.
#include <gmock/gmock.h>

#include "dispatcher/error_reports_fixture.h"

namespace leptir::dispatcher {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

TEST_F(ErrorReportsTest, PassesEachReportToEachReporterOneAfterTheOther) {
  add("a");
  add("b");
  EXPECT_EQ(takeAll(), (std::vector<std::string>{"A:id-a", "B:id-a", "A:id-b", "B:id-b"}));
  EXPECT_TRUE(reports->isIdle());
  EXPECT_EQ(counts().sent, 4u);
  EXPECT_EQ(counts().waiting, 0u);
}

TEST_F(ErrorReportsTest, GivesEachReporterItsTimeLimitAndRedactsForIt) {
  add("a");
  reports->turn(true);
  const auto first = *assigned();
  EXPECT_EQ(slot().assignments().read(first.cell).timeLimit, 3s);
  EXPECT_EQ(slot().assignments().read(first.cell).broker, link::kNoBroker);
  EXPECT_EQ(first.parameters().at("message"), "Task has failed: a");
  EXPECT_EQ(first.parameters().at("data").at("parameters"),
            (Json{{"token", "[redacted]"}, {"iban", "[redacted]"}, {"n", 1}}));
  finish(first.cell);
  reports->turn(true);
  EXPECT_EQ(assigned()->parameters().at("data").at("parameters"),
            (Json{{"token", "[redacted]"}, {"iban", "i"}, {"n", 1}}));
  EXPECT_EQ(slot().assignments().read(assigned()->cell).timeLimit, 30s);
}

TEST_F(ErrorReportsTest, AReporterThatThrowsLosesOnlyItsOwnReport) {
  add("a");
  reports->turn(true);
  finish(assigned()->cell,
         {.status = ExitStatus::Error, .cause = Cause::Threw, .thrown = ThrownError{"std::runtime_error", "no net"}});
  EXPECT_EQ(takeAll(), std::vector<std::string>{"B:id-a"});
  EXPECT_EQ(counts().failed, 1u);
  EXPECT_EQ(counts().sent, 1u);
  EXPECT_EQ(counts().failing, "A");
  EXPECT_THAT(log(), HasSubstr("WARN (4): [id-a] The error reporter 'A' lost the report about this task: it threw "
                               "std::runtime_error: no net"));
}

TEST_F(ErrorReportsTest, AReporterThatHangsOrCrashesLosesOnlyItsOwnReport) {
  add("a");
  reports->turn(true);
  die(assigned()->cell, {.reason = link::StopReason::TimeLimit});
  reports->turn(true);
  die(assigned()->cell, {.reason = link::StopReason::Crash, .signal = 11});
  add("b");
  EXPECT_EQ(takeAll().size(), 2u);
  EXPECT_EQ(counts().failed, 2u);
  EXPECT_EQ(counts().failing, "") << "both have taken a report since";
  EXPECT_THAT(log(), HasSubstr("it took longer than its time limit of 3.0 s"));
  EXPECT_THAT(log(), HasSubstr("killed by signal 11"));
}

TEST_F(ErrorReportsTest, AReporterThatExitsIsNotCalledATask) {
  add("a");
  reports->turn(true);
  die(assigned()->cell, {.reason = link::StopReason::Crash, .exitCode = 3});
  reports->turn(true);
  EXPECT_THAT(log(), HasSubstr("ended by _exit(3) inside the error reporter"));
}

TEST_F(ErrorReportsTest, AReporterThatOverwritesItsCellLosesOnlyItsOwnReport) {
  add("a");
  reports->turn(true);
  const auto cell = assigned()->cell;
  move(cell, link::CellState::Free);
  EXPECT_EQ(takeAll(), std::vector<std::string>{"B:id-a"});
  EXPECT_EQ(counts().failed, 1u);
}

TEST_F(ErrorReportsTest, KeepsAThousandWaitingReportsForEachReporterAndCountsTheOthersAsDropped) {
  for (int i = 0; i < 1010; ++i)
    add(std::string(static_cast<std::size_t>(i % 26 + 1), 'a') +
        std::string(static_cast<std::size_t>(i / 26 + 1), 'b'));
  reports->turn(true);
  EXPECT_EQ(counts().dropped, 20u) << "ten for each";
  EXPECT_EQ(counts().waiting, 2000u);
  for (const auto* reporter : {"'A'", "'B'"})
    EXPECT_THAT(log(), HasSubstr("10 error reports for " + std::string(reporter) +
                                 " are dropped: 1000 of them, or 16 MiB, wait for this error reporter already"));
}

TEST_F(ErrorReportsTest, TheLogSaysAtMostOnceAMinuteThatReportsAreDropped) {
  const auto overflow = [this](char mark, int by) {
    for (int i = 0; i < by; ++i) add(std::string(static_cast<std::size_t>(i + 1), mark));
    reports->turn(false);
  };
  overflow('a', 1001);
  overflow('b', 1);
  overflow('c', 2);
  EXPECT_THAT(log(), HasSubstr("1 error report for 'A' is dropped"));
  EXPECT_THAT(log(), Not(HasSubstr("3 error reports for 'A' are dropped")));
  clock.advance(1min);
  reports->turn(false);
  EXPECT_THAT(log(), HasSubstr("3 error reports for 'A' are dropped"));
}

TEST_F(ErrorReportsTest, SendsIdenticalErrorsOnceAMinuteWithTheirNumber) {
  for (int i = 0; i < 5; ++i) add("disk 7 full");
  EXPECT_EQ(takeAll().size(), 2u);
  clock.advance(1min);
  reports->turn(true);
  const auto second = assigned();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->parameters().at("data").at("suppressed"), 3);
  EXPECT_EQ(counts().repeated, 3u);
}

TEST_F(ErrorReportsTest, SendsWhatIsHeldBackAtTheEndAndCountsTheRestAsDropped) {
  add("a");
  add("a");
  takeAll();
  EXPECT_TRUE(reports->isIdle());
  reports->sendHeldBack();
  EXPECT_FALSE(reports->isIdle());
  reports->turn(true);
  reports->drop("the end", ErrorReports::RunningReport::IsDropped);
  EXPECT_EQ(counts().dropped, 2u) << "one is at its reporter, one waits";
  EXPECT_THAT(log(), HasSubstr("2 error reports are dropped: the end"));
}

TEST_F(ErrorReportsTest, AssignsNothingWhileNoMasterKeepsTimeLimits) {
  add("a");
  reports->turn(false);
  EXPECT_FALSE(assigned());
  reports->turn(true);
  EXPECT_TRUE(assigned());
}

TEST_F(ErrorReportsTest, AReportThatDoesNotFitItsCellIsCountedAsDropped) {
  auto huge = failed("huge");
  huge.response = std::string(std::size_t{30} << 20, 'x');
  add(std::move(huge));
  add("b");
  for (int i = 0; i < 2; ++i) reports->turn(true);
  EXPECT_FALSE(assigned());
  EXPECT_EQ(counts().dropped, 4u) << "each report for each reporter: behind the first one was no room for the second";
  EXPECT_TRUE(reports->isIdle());
  add("c");
  EXPECT_EQ(takeAll().size(), 2u) << "the cell is free for other reports";
}

TEST_F(ErrorReportsTest, DoesNothingWithoutReporters) {
  const std::vector<ReporterSettings> none;
  const auto plain = link::Link::create(1).value();
  ErrorReports idle(none, *plain, *board, logger, clock);
  idle.add({});
  idle.turn(true);
  idle.drop("the end", ErrorReports::RunningReport::IsDropped);
  EXPECT_TRUE(idle.isIdle());
  EXPECT_FALSE(idle.hasReportEnded());
}

}  // namespace
}  // namespace leptir::dispatcher
