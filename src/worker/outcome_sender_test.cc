#include "worker/outcome_sender.h"

#include <gtest/gtest.h>

namespace leptir {
namespace {

using namespace std::chrono_literals;

TEST(RingRule, RingsWhenNothingElseWaits) {
  RingRule rule;
  EXPECT_TRUE(rule.mustRing(false, BootTime(1s)));
  EXPECT_TRUE(rule.mustRing(false, BootTime(1s)));
}

TEST(RingRule, RingsForManyShortTasksOnceAMillisecond) {
  RingRule rule;
  EXPECT_FALSE(rule.mustRing(true, BootTime(1s)));
  EXPECT_FALSE(rule.mustRing(true, BootTime(1s) + 999us));
  EXPECT_TRUE(rule.mustRing(true, BootTime(1s) + 1000us));
  EXPECT_FALSE(rule.mustRing(true, BootTime(1s) + 1001us));
  EXPECT_TRUE(rule.mustRing(false, BootTime(1s) + 1002us));
}

}  // namespace
}  // namespace leptir
