#include "leptir/spi/simple_broker.h"

#include <gtest/gtest.h>

namespace leptir::broker {
namespace {

using namespace std::chrono_literals;

TEST(DelayAfterExpiry, IsZeroAfterTheFirstExpiryThenDoublesFromFiveSeconds) {
  EXPECT_EQ(delayAfterExpiry(1), 0s);
  EXPECT_EQ(delayAfterExpiry(2), 5s);
  EXPECT_EQ(delayAfterExpiry(3), 10s);
  EXPECT_EQ(delayAfterExpiry(9), 640s);
}

TEST(DelayAfterExpiry, IsZeroFromTheTenthExpiryOnSinceTheTaskIsNotRunAgain) {
  EXPECT_EQ(delayAfterExpiry(kMaxExpiries), 0s);
  EXPECT_EQ(delayAfterExpiry(4'000'000'000), 0s);
}

TEST(TaskState, HasTheNamesThatTheInfoCommandPrints) {
  EXPECT_EQ(nameOf(TaskState::Due), "due");
  EXPECT_EQ(nameOf(TaskState::Scheduled), "scheduled");
  EXPECT_EQ(nameOf(TaskState::Leased), "leased");
  EXPECT_EQ(nameOf(TaskState::Buried), "buried");
}

}  // namespace
}  // namespace leptir::broker
