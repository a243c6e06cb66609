#include "base/backoff.h"

#include <gtest/gtest.h>

namespace leptir::base {
namespace {

using namespace std::chrono_literals;

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
}  // namespace leptir::base
