#include "backends/sqs/recent_count.h"

#include <gtest/gtest.h>

namespace leptir::sqs {
namespace {

using std::chrono::milliseconds;

TEST(RecentCount, CountsWhatHappenedWithinItsSpan) {
  RecentCount count{milliseconds(100)};
  const BootTime start{std::chrono::hours(1)};
  EXPECT_EQ(count.at(start), 0u);
  count.add(3, start);
  count.add(4, start + milliseconds(60));
  EXPECT_EQ(count.at(start + milliseconds(100)), 7u);
  EXPECT_EQ(count.at(start + milliseconds(101)), 4u);
  EXPECT_EQ(count.at(start + milliseconds(161)), 0u);
}

TEST(RecentCount, ForgetsAlsoWhatIsCountedWithoutAPause) {
  RecentCount count{milliseconds(100)};
  const BootTime start{std::chrono::hours(1)};
  for (int i = 0; i < 1000; ++i) count.add(1, start + milliseconds(i));
  EXPECT_GE(count.at(start + milliseconds(999)), 95u);
  EXPECT_LE(count.at(start + milliseconds(999)), 110u);
}

}  // namespace
}  // namespace leptir::sqs
