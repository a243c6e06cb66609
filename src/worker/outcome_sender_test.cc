#include "worker/outcome_sender.h"

#include <gtest/gtest.h>

namespace leptir::worker {
namespace {

using namespace std::chrono_literals;

TEST(WakeThrottle, WakesTheDispatcherAtOnceIfNoTaskWaits) {
  WakeThrottle rule;
  EXPECT_TRUE(rule.mustWake(false, BootTime(1s)));
  EXPECT_TRUE(rule.mustWake(false, BootTime(1s)));
}

TEST(WakeThrottle, WakesTheDispatcherOnceAMillisecondForManyShortTasks) {
  WakeThrottle rule;
  EXPECT_FALSE(rule.mustWake(true, BootTime(1s)));
  EXPECT_FALSE(rule.mustWake(true, BootTime(1s) + 999us));
  EXPECT_TRUE(rule.mustWake(true, BootTime(1s) + 1000us));
  EXPECT_FALSE(rule.mustWake(true, BootTime(1s) + 1001us));
  EXPECT_TRUE(rule.mustWake(false, BootTime(1s) + 1002us));
}

}  // namespace
}  // namespace leptir::worker
