#include "top/rates.h"

#include <gmock/gmock.h>

namespace leptir::top {
namespace {

using namespace std::chrono_literals;

const Time kStart = Time(1'700'000'000s);

InstanceView card(const std::string& name, std::uint64_t done, std::uint64_t failed, Time written) {
  InstanceView view{.instance = name};
  view.hasCard = true;
  view.done = done;
  view.failed = failed;
  view.lastSeen = written;
  return view;
}

TEST(RateMeter, KnowsNoRateUntilAnInstanceHasWrittenTwoCards) {
  RateMeter meter;
  meter.addSample({card("a", 1'000, 5, kStart)}, kStart);
  EXPECT_FALSE(meter.currentRates());
  meter.addSample({card("a", 1'000, 5, kStart)}, kStart + 1s);
  EXPECT_FALSE(meter.currentRates()) << "it is the same card";
}

TEST(RateMeter, DividesByTheTimeBetweenTheCardsNotBetweenTheLooks) {
  RateMeter meter;
  meter.addSample({card("a", 1'000, 5, kStart)}, kStart);
  meter.addSample({card("a", 1'100, 7, kStart + 2s)}, kStart + 3s);
  ASSERT_TRUE(meter.currentRates());
  EXPECT_DOUBLE_EQ(meter.currentRates()->done, 50);
  EXPECT_DOUBLE_EQ(meter.currentRates()->failed, 1);
  meter.addSample({card("a", 1'100, 7, kStart + 2s)}, kStart + 4s);
  EXPECT_DOUBLE_EQ(meter.currentRates()->done, 50) << "no newer card: the last rate holds";
}

TEST(RateMeter, AddsUpTheInstances) {
  RateMeter meter;
  meter.addSample({card("a", 0, 0, kStart), card("b", 0, 0, kStart)}, kStart);
  meter.addSample({card("a", 10, 0, kStart + 1s), card("b", 5, 5, kStart + 1s)}, kStart + 1s);
  EXPECT_DOUBLE_EQ(meter.currentRates()->done, 15);
  EXPECT_DOUBLE_EQ(meter.currentRates()->failed, 5);
}

TEST(RateMeter, ACounterThatFellCountsAsNoWork) {
  RateMeter meter;
  meter.addSample({card("a", 100, 0, kStart)}, kStart);
  meter.addSample({card("a", 3, 0, kStart + 1s)}, kStart + 1s);
  EXPECT_DOUBLE_EQ(meter.currentRates()->done, 0);
}

TEST(RateMeter, AnInstanceThatIsSilentForTenSecondsDoesNothing) {
  RateMeter meter;
  meter.addSample({card("a", 0, 0, kStart)}, kStart);
  meter.addSample({card("a", 10, 0, kStart + 1s)}, kStart + 1s);
  meter.addSample({card("a", 10, 0, kStart + 1s)}, kStart + 12s);
  EXPECT_DOUBLE_EQ(meter.currentRates()->done, 0);
}

TEST(RateMeter, KeepsOneBarForEachFiveSeconds) {
  RateMeter meter;
  meter.addSample({card("a", 0, 0, kStart)}, kStart);
  meter.addSample({card("a", 10, 0, kStart + 1s)}, kStart + 1s);
  meter.addSample({card("a", 30, 0, kStart + 2s)}, kStart + 2s);
  ASSERT_EQ(meter.history().done.size(), 1u);
  EXPECT_DOUBLE_EQ(meter.history().done[0], 15) << "the mean of 10 and 20";
  meter.addSample({card("a", 35, 0, kStart + 7s)}, kStart + 15s);
  EXPECT_EQ(meter.history().done.size(), 4u) << "also for the time in which no look came";
  EXPECT_DOUBLE_EQ(meter.history().done.back(), 1);
  meter.addSample({card("a", 35, 0, kStart + 7s)}, kStart + 10'000s);
  EXPECT_EQ(meter.history().done.size(), kMaxBars);
}

TEST(Trend, IsTheDifferenceOfTwoLooksDividedByTheirTime) {
  Trend trend;
  trend.addSample(100, kStart);
  EXPECT_FALSE(trend.perSecond());
  trend.addSample(80, kStart + 4s);
  EXPECT_DOUBLE_EQ(*trend.perSecond(), -5);
}

}  // namespace
}  // namespace leptir::top
