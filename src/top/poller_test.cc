#include "top/poller.h"

#include <gtest/gtest.h>

#include <atomic>

#include "tests/support/wait_until.h"

namespace leptir::top {
namespace {

using namespace std::chrono_literals;

constexpr auto kCall = 100ms;

// How long a store that answers so is asked three times.
Duration timeOfThreeCalls(AskResult asked) {
  std::atomic<int> calls = 0;
  const auto began = std::chrono::steady_clock::now();
  Poller poller(
      [&] {
        std::this_thread::sleep_for(kCall);
        ++calls;
        return asked;
      },
      1ms);
  EXPECT_TRUE(waitUntil([&] { return calls >= 3; }));
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began);
}

TEST(Poller, ASlowStoreSpendsAtMostATenthOfItsTime) {
  EXPECT_GE(timeOfThreeCalls(AskResult::Answered), 2 * 10 * kCall);
}

TEST(Poller, AStoreThatFailedIsAskedAgainSooner) {
  EXPECT_LT(timeOfThreeCalls(AskResult::Failed), 2 * 10 * kCall);
}

}  // namespace
}  // namespace leptir::top
