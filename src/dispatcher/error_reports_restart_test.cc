// Error reports after the dispatcher was replaced, and after a reload removed a reporter.
#include <gmock/gmock.h>

#include "dispatcher/error_reports_fixture.h"

namespace leptir::dispatcher {
namespace {

using ::testing::HasSubstr;

TEST_F(ErrorReportsTest, ADispatcherFollowsTheReportThatItsPredecessorAssigned) {
  add("a");
  reports->turn(true);
  const auto before = *assigned();
  start();
  EXPECT_FALSE(reports->isIdle());
  add("b");
  reports->turn(true);
  EXPECT_EQ(assigned()->cell, before.cell) << "one report at a time";
  finish(before.cell);
  EXPECT_TRUE(reports->hasReportEnded());
  reports->turn(true);
  EXPECT_EQ(counts().sent, 1u);
  EXPECT_EQ(assigned()->call.id, "id-b");
  EXPECT_EQ(assigned()->cell, before.cell + 1);
}

TEST_F(ErrorReportsTest, AHandOverLeavesTheReportAtItsReporterToTheNextDispatcher) {
  add("a");
  reports->turn(true);
  reports->drop("a hand over", ErrorReports::RunningReport::Continues);
  EXPECT_EQ(counts().dropped, 1u) << "the one that waits for B";
  start();
  finish(assigned()->cell);
  reports->turn(true);
  EXPECT_EQ(counts().sent, 1u);
  EXPECT_EQ(counts().dropped, 1u);
}

TEST_F(ErrorReportsTest, AReporterThatFailedUnderAnEarlierDispatcherIsFailingUntilItTakesAReport) {
  add("a");
  reports->turn(true);
  die(assigned()->cell, {.reason = link::StopReason::Crash, .signal = 11});
  reports->turn(true);
  die(assigned()->cell, {.reason = link::StopReason::Crash, .signal = 11});
  reports->turn(true);
  start();
  reports->turn(true);
  EXPECT_EQ(counts().failing, "A, B");
  add("b");
  EXPECT_EQ(takeAll().size(), 2u);
  EXPECT_EQ(counts().failing, "");
}

TEST_F(ErrorReportsTest, AReporterThatFailedAndThatAReloadRemovedIsNotFailing) {
  add("a");
  reports->turn(true);
  die(assigned()->cell, {.reason = link::StopReason::Crash, .signal = 11});
  reports->turn(true);
  ASSERT_EQ(counts().failing, "A");
  reporters.erase(reporters.begin());
  start();
  reports->turn(true);
  EXPECT_EQ(counts().failing, "");
}

TEST_F(ErrorReportsTest, AReporterThatAReloadRemovedIsNotFailing) {
  add("a");
  reports->turn(true);
  reports.reset();
  reporters.erase(reporters.begin());
  start();
  die(assigned()->cell, {.reason = link::StopReason::Crash, .signal = 11});
  reports->turn(true);
  EXPECT_EQ(counts().failed, 1u);
  EXPECT_EQ(counts().failing, "");
  EXPECT_THAT(log(), HasSubstr("The error reporter 'A', which is no longer configured, lost the report about"));
}

TEST_F(ErrorReportsTest, TheLogSaysWhyTheReportToARemovedReporterIsLost) {
  add("a");
  reports->turn(true);
  reporters.erase(reporters.begin());
  start();
  finish(assigned()->cell,
         {.status = ExitStatus::Error, .cause = Cause::UnknownName, .response = "it was removed before it began"});
  reports->turn(true);
  EXPECT_THAT(log(),
              HasSubstr("The error reporter 'A', which is no longer configured, lost the report about this task: "
                        "it was removed before it began\n"));
}

}  // namespace
}  // namespace leptir::dispatcher
