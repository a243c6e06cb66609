#include "link/shared_page.h"

#include <gtest/gtest.h>

namespace leptir::link {
namespace {

using namespace std::chrono_literals;

const BootTime kNow{1000s};

SharedPage& pageWithLease(SharedPage& page, Duration left) {
  page.brokers[3].epoch = 5;
  page.brokers[3].leaseEndsBoot = (kNow + left).time_since_epoch().count();
  return page;
}

TEST(LeaseTimes, HaveTheDefaultsOfTheDesignDocument) {
  const LeaseTimes times;
  EXPECT_EQ(times.renewEvery(), 20s);
  EXPECT_EQ(times.recoverDeadSessionsEvery(), 10s);
  EXPECT_EQ(times.compareLeasesEvery(), 60s);
  EXPECT_EQ(times.termBeforeEnd(), 10s);
  EXPECT_EQ(times.killBeforeEnd(), 2s);
}

TEST(MayBegin, WhileTheEpochIsCurrentAndTheLeaseIsLong) {
  SharedPage page;
  EXPECT_TRUE(mayBegin(pageWithLease(page, 60s), 3, 5, kNow));
}

TEST(MayBegin, WhatBelongsToNoBrokerAtAnyTime) {
  EXPECT_TRUE(mayBegin(SharedPage(), kNoBroker, 0, kNow));
  EXPECT_FALSE(mayBegin(SharedPage(), kNoBroker - 1, 0, kNow));
}

TEST(MayBegin, NotInAnotherEpoch) {
  SharedPage page;
  pageWithLease(page, 60s);
  EXPECT_FALSE(mayBegin(page, 3, 4, kNow));
  EXPECT_FALSE(mayBegin(page, 3, 6, kNow));
}

TEST(MayBegin, NotWithinTheMarginBeforeTheLeaseEnds) {
  SharedPage page;
  EXPECT_TRUE(mayBegin(pageWithLease(page, 10s + 1us), 3, 5, kNow));
  EXPECT_FALSE(mayBegin(pageWithLease(page, 10s), 3, 5, kNow));
  EXPECT_FALSE(mayBegin(pageWithLease(page, -1s), 3, 5, kNow));
}

TEST(MayBegin, TheMarginIsProportionalToTheLease) {
  SharedPage page;
  page.leaseTimes.lease = 3s;
  EXPECT_TRUE(mayBegin(pageWithLease(page, 500ms + 1us), 3, 5, kNow));
  EXPECT_FALSE(mayBegin(pageWithLease(page, 500ms), 3, 5, kNow));
}

TEST(MayBegin, AlwaysWhenTheSessionDoesNotExpire) {
  SharedPage page;
  page.brokers[0].epoch = 1;
  EXPECT_TRUE(mayBegin(page, 0, 1, BootTime::max() - 20s));
}

TEST(MayBegin, NotForABrokerIndexOutOfRange) {
  SharedPage page;
  EXPECT_FALSE(mayBegin(page, base::kMaxBrokers, 0, kNow));
  EXPECT_FALSE(mayBegin(page, kNoBroker - 1, 0, kNow));
}

}  // namespace
}  // namespace leptir::link
