#include "report/report_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir::report {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ErrorReport report(int number) {
  return {.id = std::to_string(number)};
}

TEST(ReportQueue, GivesEachReportToEachReporterInTurn) {
  ReportQueue queue(2);
  EXPECT_THAT(queue.add(report(1)), IsEmpty());
  EXPECT_THAT(queue.add(report(2)), IsEmpty());
  std::string order;
  while (const auto next = queue.take()) order += std::to_string(next->reporter) + ":" + next->report->id + " ";
  EXPECT_EQ(order, "0:1 1:1 0:2 1:2 ");
}

TEST(ReportQueue, DropsFurtherReportsOnceAThousandWait) {
  ReportQueue queue(1);
  for (int i = 0; i < 1000; ++i) EXPECT_THAT(queue.add(report(i)), IsEmpty());
  EXPECT_THAT(queue.add(report(1000)), ElementsAre(0));
  EXPECT_EQ(queue.waiting(), 1000u);
  EXPECT_EQ(queue.take()->report->id, "0") << "the oldest are kept";
  EXPECT_THAT(queue.add(report(1001)), IsEmpty());
}

TEST(ReportQueue, DropsFurtherReportsOnceTheyHaveTooManyBytes) {
  auto large = report(1);
  large.envelope = std::string(kMaxWaitingBytes / 4, 'x');
  ReportQueue queue(2);
  for (int i = 0; i < 3; ++i) EXPECT_THAT(queue.add(large), IsEmpty());
  EXPECT_THAT(queue.add(large), ElementsAre(0, 1));
  EXPECT_THAT(queue.add(report(2)), IsEmpty()) << "a small one still has room";
  ASSERT_EQ(queue.take()->reporter, 0u);
  EXPECT_THAT(queue.add(large), ElementsAre(1)) << "each reporter has a queue of its own";
}

TEST(ReportQueue, AnEmptyQueueTakesAReportOfAnySize) {
  auto huge = report(1);
  huge.envelope = std::string(kMaxWaitingBytes + 1, 'x');
  ReportQueue queue(1);
  EXPECT_THAT(queue.add(huge), IsEmpty());
  EXPECT_THAT(queue.add(report(2)), ElementsAre(0));
  queue.take();
  EXPECT_THAT(queue.add(report(2)), IsEmpty());
}

TEST(ReportQueue, SaysHowManyItDropsAtTheEnd) {
  ReportQueue queue(3);
  queue.add(report(1));
  queue.add(report(2));
  EXPECT_EQ(queue.clear(), 6u);
  EXPECT_EQ(queue.waiting(), 0u);
  EXPECT_FALSE(queue.take());
}

TEST(ReportQueue, DropsNothingWithoutReporters) {
  ReportQueue queue(0);
  EXPECT_THAT(queue.add(report(1)), IsEmpty());
  EXPECT_FALSE(queue.take());
}

}  // namespace
}  // namespace leptir::report
