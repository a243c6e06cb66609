#include "leptir/wake.h"

#include <gtest/gtest.h>

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
