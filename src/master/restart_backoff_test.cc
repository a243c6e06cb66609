#include "master/restart_backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace leptir::master {
namespace {

using namespace std::chrono_literals;

TEST(RestartBackoff, GrowsWhileWorkersDieAtOnce) {
  auto pause = RestartBackoff::forWorker(7);
  EXPECT_EQ(pause.after(1ms, false), 0s);
  for (const Duration longest : {100ms, 500ms, 1000ms, 2000ms, 5000ms, 10000ms, 20000ms, 30000ms, 30000ms}) {
    const auto next = pause.after(1ms, false);
    EXPECT_LE(next, longest);
    EXPECT_GE(next, longest / 2);
  }
}

TEST(RestartBackoff, IsZeroAfterALongOrUsefulLife) {
  auto pause = RestartBackoff::forWorker(7);
  for (int i = 0; i < 5; ++i) pause.after(1ms, false);
  EXPECT_EQ(pause.after(RestartBackoff::kShortLife, false), 0s);
  for (int i = 0; i < 5; ++i) pause.after(1ms, false);
  EXPECT_EQ(pause.after(1ms, true), 0s) << "a poison task does not slow its slot";
}

TEST(RestartBackoff, StartsAWorkerThatDiesAtOnceTenTimesInTenSecondsAtMostAndThenSeldom) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    auto pause = RestartBackoff::forWorker(seed);
    std::vector<Duration> starts{0s};
    while (starts.back() < 10min) starts.push_back(starts.back() + 1ms + pause.after(1ms, false));
    EXPECT_LE(std::ranges::count_if(starts, [](Duration at) { return at < 10s; }), 10) << seed;
    for (std::size_t i = 2; i < starts.size(); ++i) {
      if (starts[i - 2] > 1min) {
        EXPECT_GE(starts[i] - starts[i - 2], 30s) << "seed " << seed;
      }
    }
  }
}

TEST(RestartBackoff, IsAtMostFiveSecondsForADispatcher) {
  auto pause = RestartBackoff::forDispatcher(7);
  for (int i = 0; i < 20; ++i) EXPECT_LE(pause.after(1ms, false), 5s);
}

}  // namespace
}  // namespace leptir::master
