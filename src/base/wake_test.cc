#include "leptir/wake.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "base/backoff.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

TEST(Wake, ARingBeforeTheWaitEndsItAtOnce) {
  Wake wake;
  wake.ring();
  EXPECT_TRUE(wake.waitFor(1h));
}

TEST(Wake, SeveralRingsAreOne) {
  Wake wake;
  wake.ring();
  wake.ring();
  EXPECT_TRUE(wake.waitFor(0s));
  EXPECT_FALSE(wake.waitFor(0s));
}

TEST(Wake, AnotherThreadEndsAWait) {
  Wake wake;
  std::thread ringer([&] { wake.ring(); });
  EXPECT_TRUE(wake.waitFor(1h));
  ringer.join();
}

TEST(Wake, AnotherDescriptorEndsAWaitWithoutARing) {
  Wake wake, other;
  other.ring();
  EXPECT_FALSE(wake.waitFor(1h, other.descriptor()));
  EXPECT_TRUE(other.clear());
}

// A task can do this to an inherited bell: the flag belongs to all who share it.
TEST(Wake, NeitherRingingNorHearingWaitsForAProcessThatClearedTheFlag) {
  Wake bell;
  ASSERT_EQ(::fcntl(bell.descriptor(), F_SETFL, 0), 0);
  EXPECT_FALSE(bell.clear());
  EXPECT_FALSE(bell.waitFor(1ms));
  const std::uint64_t most = ~std::uint64_t{0} - 1;
  ASSERT_EQ(::write(bell.descriptor(), &most, sizeof most), static_cast<ssize_t>(sizeof most));
  bell.ring();
  EXPECT_TRUE(bell.waitFor(1s));
  EXPECT_FALSE(bell.clear());
}

TEST(Backoff, DoublesWithJitterUpToItsLongest) {
  Backoff backoff(100ms, 1s, 7);
  for (const auto whole : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    const auto wait = backoff.next();
    EXPECT_GE(wait, whole / 2);
    EXPECT_LE(wait, whole);
  }
  backoff.reset();
  EXPECT_LE(backoff.next(), 100ms);
}

}  // namespace
}  // namespace leptir
