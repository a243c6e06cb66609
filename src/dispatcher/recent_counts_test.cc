#include "dispatcher/recent_counts.h"

#include <gtest/gtest.h>

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

constexpr BootTime kStart{1'000s};

TEST(RecentCounts, CountEachBrokerSinceTheStart) {
  RecentCounts recent(2, kStart);
  recent.add(0, 3, 1, kStart + 1s);
  recent.add(1, 5, 0, kStart + 2s);
  recent.add(0, 4, 0, kStart + 7s);
  const auto first = recent.of(0, kStart + 10s);
  EXPECT_EQ(first.done, 7u);
  EXPECT_EQ(first.failed, 1u);
  EXPECT_EQ(first.within, 10s);
  EXPECT_EQ(recent.of(1, kStart + 10s).done, 5u);
}

TEST(RecentCounts, ForgetWhatIsOlderThanAMinute) {
  RecentCounts recent(1, kStart);
  recent.add(0, 100, 100, kStart);
  recent.add(0, 6, 0, kStart + 70s);
  const auto counts = recent.of(0, kStart + 90s);
  EXPECT_EQ(counts.done, 6u);
  EXPECT_EQ(counts.failed, 0u);
  EXPECT_EQ(counts.within, 60s);
  EXPECT_EQ(recent.of(0, kStart + 200s).done, 0u);
}

TEST(RecentCounts, ASteadyRateIsToldExactly) {
  RecentCounts recent(1, kStart);
  for (int second = 0; second < 300; ++second) {
    recent.add(0, 7, 0, kStart + std::chrono::seconds(second));
    const auto counts = recent.of(0, kStart + std::chrono::seconds(second + 1) - Duration(1));
    EXPECT_NEAR(static_cast<double>(counts.done) / std::chrono::duration<double>(counts.within).count(), 7.0, 0.01);
  }
}

}  // namespace
}  // namespace leptir::dispatcher
