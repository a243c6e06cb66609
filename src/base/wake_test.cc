#include "leptir/spi/wake.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <thread>

#include "tests/support/wait_until.h"

namespace leptir::base {
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

// A task can clear O_NONBLOCK on an inherited Wake: the flag belongs to the open file, which all processes share.
TEST(Wake, NeitherRingNorClearBlocksAfterAProcessClearedONonblock) {
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

bool canReadWithoutWaiting(int descriptor) {
  std::uint64_t rings = 0;
  const iovec whole{&rings, sizeof rings};
  return ::preadv2(descriptor, &whole, 1, -1, RWF_NOWAIT) < 0 && errno == EAGAIN;
}

// Whether two threads that keep calling clear() both finish after the last ring.
bool twoReadersEnd(Wake& bell) {
  std::atomic<bool> done = false;
  std::atomic<int> ended = 0;
  const auto readRings = [&] {
    while (!done) bell.clear();
    ++ended;
  };
  std::thread one(readRings), other(readRings);
  for (int i = 0; i < 20'000; ++i) bell.ring();
  done = true;
  const bool bothEnded = waitUntil([&] { return ended == 2; }, 10s);
  while (ended < 2) bell.ring();  // so that the threads can be joined
  one.join();
  other.join();
  return bothEnded;
}

TEST(Wake, ClearDoesNotBlockWhenAnotherThreadReadsBetweenPollAndRead) {
  Wake bell;
  ASSERT_EQ(::fcntl(bell.descriptor(), F_SETFL, 0), 0);
  if (!canReadWithoutWaiting(bell.descriptor())) GTEST_SKIP() << "this kernel has no RWF_NOWAIT for an eventfd";
  for (int round = 0; round < 20; ++round) ASSERT_TRUE(twoReadersEnd(bell)) << "round " << round;
}

}  // namespace
}  // namespace leptir::base
