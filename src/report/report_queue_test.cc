#include "report/report_queue.h"

#include <gtest/gtest.h>

namespace leptir::report {
namespace {

ErrorReport report(int number) {
  return {.id = std::to_string(number)};
}

TEST(ReportQueue, GivesEachReportToEachReporterInTurn) {
  ReportQueue queue(2);
  EXPECT_EQ(queue.add(report(1)), 0u);
  EXPECT_EQ(queue.add(report(2)), 0u);
  std::string order;
  while (const auto next = queue.take()) order += std::to_string(next->reporter) + ":" + next->report->id + " ";
  EXPECT_EQ(order, "0:1 1:1 0:2 1:2 ");
}

TEST(ReportQueue, DropsFurtherReportsOnceAThousandWait) {
  ReportQueue queue(1);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(queue.add(report(i)), 0u);
  EXPECT_EQ(queue.add(report(1000)), 1u);
  EXPECT_EQ(queue.waiting(), 1000u);
  EXPECT_EQ(queue.take()->report->id, "0") << "the oldest are kept";
  EXPECT_EQ(queue.add(report(1001)), 0u);
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
  EXPECT_EQ(queue.add(report(1)), 0u);
  EXPECT_FALSE(queue.take());
}

}  // namespace
}  // namespace leptir::report
