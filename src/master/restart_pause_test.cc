#include "master/restart_pause.h"

#include <gtest/gtest.h>

namespace leptir {
namespace {

using namespace std::chrono_literals;

TEST(RestartPause, GrowsWhileWorkersDieAtOnce) {
  auto pause = RestartPause::forWorker(7);
  EXPECT_EQ(pause.after(1ms, false), 0s);
  for (const Duration longest : {100ms, 500ms, 1000ms, 2000ms, 5000ms, 10000ms, 20000ms, 30000ms, 30000ms}) {
    const auto next = pause.after(1ms, false);
    EXPECT_LE(next, longest);
    EXPECT_GE(next, longest / 2);
  }
}

TEST(RestartPause, IsNothingAfterALongOrUsefulLife) {
  auto pause = RestartPause::forWorker(7);
  for (int i = 0; i < 5; ++i) pause.after(1ms, false);
  EXPECT_EQ(pause.after(RestartPause::kShortLife, false), 0s);
  for (int i = 0; i < 5; ++i) pause.after(1ms, false);
  EXPECT_EQ(pause.after(1ms, true), 0s) << "a poison task does not slow its slot";
}

TEST(RestartPause, IsAtMostFiveSecondsForADispatcher) {
  auto pause = RestartPause::forDispatcher(7);
  for (int i = 0; i < 20; ++i) EXPECT_LE(pause.after(1ms, false), 5s);
}

}  // namespace
}  // namespace leptir
