#include "base/saturated.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace leptir::base {
namespace {

using namespace std::chrono_literals;
__extension__ using Wide = __int128;  // wide enough for every exact result

constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
constexpr auto kMax = std::numeric_limits<std::int64_t>::max();

std::int64_t nearest(Wide exact) {
  if (exact > kMax) return kMax;
  return exact < kMin ? kMin : static_cast<std::int64_t>(exact);
}

// Random numbers of every magnitude, including the limits and their neighbours.
std::int64_t anyNumber(std::mt19937_64& random) {
  static constexpr std::int64_t kSpecial[] = {kMin, kMin + 1, -1, 0, 1, kMax - 1, kMax};
  if (random() % 4 == 0) return kSpecial[random() % std::size(kSpecial)];
  return static_cast<std::int64_t>(random()) >> (random() % 64);
}

TEST(SaturatedTest, AResultThatDoesNotFitBecomesTheNearestLimit) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 100'000; ++i) {
    const auto a = anyNumber(random), b = anyNumber(random);
    ASSERT_EQ(saturatedAdd(a, b), nearest(Wide{a} + b)) << a << ' ' << b;
    ASSERT_EQ(saturatedSubtract(a, b), nearest(Wide{a} - b)) << a << ' ' << b;
    ASSERT_EQ(saturatedMultiply(a, b), nearest(Wide{a} * b)) << a << ' ' << b;
    ASSERT_EQ(saturatedAdd(Time(Duration(a)), Duration(b)), Time(Duration(nearest(Wide{a} + b))));
    ASSERT_EQ(saturatedSubtract(BootTime(Duration(a)), BootTime(Duration(b))), Duration(nearest(Wide{a} - b)));
    ASSERT_EQ(durationFromWholeSeconds(a), Duration(nearest(Wide{a} * 1'000'000)));
  }
}

TEST(SaturatedTest, ATimeInTheFutureNeverWrapsIntoThePast) {
  const auto now = Time(1'700'000'000s);
  EXPECT_EQ(saturatedAdd(now, Duration::max()), Time::max());
  EXPECT_EQ(saturatedSubtract(now, Duration::max()), now - Duration::max());
  EXPECT_EQ(saturatedSubtract(Time::min(), 1s), Time::min());
  EXPECT_EQ(saturatedSubtract(Time::max(), Time::min()), Duration::max());
  EXPECT_EQ(saturatedSubtract(Time::min(), Time::max()), Duration::min());
}

TEST(SaturatedTest, SecondsThatDoNotFitBecomeTheLongestDuration) {
  EXPECT_EQ(durationFromSeconds(1.5), 1500ms);
  EXPECT_EQ(durationFromSeconds(-0.25), -250ms);
  for (const double large : {9223372036854.8, 1e13, 1e300, HUGE_VAL}) {
    EXPECT_EQ(durationFromSeconds(large), Duration::max()) << large;
    EXPECT_EQ(durationFromSeconds(-large), Duration::min()) << large;
  }
  EXPECT_EQ(durationFromSeconds(std::nan("")), Duration::zero());
  EXPECT_EQ(timeFromUnixSeconds(1e300), Time::max());
  EXPECT_EQ(timeFromUnixSeconds(1700000000.25), Time(1'700'000'000'250ms));
  EXPECT_EQ(durationFromWholeSeconds(18'446'744'073'710), Duration::max());
}

TEST(SaturatedTest, CountersStayAtTheirLimit) {
  std::uint32_t counter = 4'294'967'294;
  incrementSaturated(counter);
  EXPECT_EQ(counter, 4'294'967'295);
  incrementSaturated(counter);
  EXPECT_EQ(counter, 4'294'967'295);
  EXPECT_EQ(saturatedCast<std::uint32_t>(kMin), 0);
  EXPECT_EQ(saturatedCast<std::uint32_t>(kMax), 4'294'967'295);
  EXPECT_EQ(saturatedCast<int>(std::uint64_t{1} << 63), std::numeric_limits<int>::max());
  EXPECT_EQ(saturatedCast<std::int64_t>(-5), -5);
}

}  // namespace
}  // namespace leptir::base
