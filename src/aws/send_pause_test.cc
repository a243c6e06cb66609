#include "aws/send_pause.h"

#include <gtest/gtest.h>

namespace leptir::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const BootTime kStart{seconds(1000)};

TEST(SendPause, DoesNotLimitWithoutFailures) {
  SendPause pause(1);
  pause.noteSend(kStart);
  EXPECT_LE(pause.next(), kStart);
}

TEST(SendPause, LetsOneRequestBeginAtATimeUntilOneSucceeds) {
  SendPause pause(1);
  pause.noteFailure(kStart, kStart + milliseconds(5), {});
  const auto first = pause.next();
  EXPECT_GE(first, kStart + milliseconds(55));
  pause.noteSend(first);
  EXPECT_GE(pause.next(), first + milliseconds(50));
  pause.noteSuccess(kStart);
  EXPECT_GT(pause.next(), kStart) << "that one had been sent before the failure";
  pause.noteSuccess(first);
  EXPECT_LE(pause.next(), kStart);
}

TEST(SendPause, CountsRequestsInFlightTogetherAsOneFailure) {
  SendPause pause(1);
  for (int i = 0; i < 8; ++i) pause.noteFailure(kStart, kStart + milliseconds(10 + i), {});
  EXPECT_LE(pause.next(), kStart + milliseconds(110));
}

TEST(SendPause, GrowsToTwoSeconds) {
  SendPause pause(1);
  auto now = kStart;
  for (int i = 0; i < 20; ++i) {
    pause.noteFailure(now, now + milliseconds(1), {});
    EXPECT_LE(pause.next(), now + milliseconds(2001));
    now = pause.next();
  }
  pause.noteFailure(now, now, {});
  EXPECT_GE(pause.next(), now + seconds(1));
}

TEST(SendPause, IsAtLeastAsLongAsTheServiceAsks) {
  SendPause pause(1);
  pause.noteFailure(kStart, kStart, seconds(7));
  EXPECT_EQ(pause.next(), kStart + seconds(7));
  pause.noteFailure(kStart, kStart, seconds(86400));
  EXPECT_EQ(pause.next(), kStart + seconds(30)) << "but not for good";
}

}  // namespace
}  // namespace leptir::aws
