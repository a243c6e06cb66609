#include "dispatcher/settle_gathering.h"

#include <gtest/gtest.h>

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

class SettleGatheringTest : public ::testing::Test {
 protected:
  std::shared_ptr<SettleBatch> add(std::size_t acknowledgements, std::uint64_t epoch = 1) {
    auto batch = std::make_shared<SettleBatch>();
    batch->epoch = epoch;
    batch->acknowledge.resize(acknowledgements);
    batches.push_back(batch);
    return batch;
  }
  std::optional<Duration> remaining() { return gathering.remaining(batches, 1, now); }

  SettleGathering gathering{200ms};
  std::deque<std::shared_ptr<SettleBatch>> batches;
  BootTime now{1h};
};

TEST_F(SettleGatheringTest, AFewAcknowledgementsWaitForThoseOfFurtherLeasedTasks) {
  gathering.noteLeased(20);
  EXPECT_EQ(remaining(), std::nullopt) << "nothing waits";
  add(3);
  EXPECT_EQ(remaining(), 200ms);
  now += 50ms;
  add(3);
  EXPECT_EQ(remaining(), 150ms) << "the first one counts";
  now += 150ms;
  EXPECT_EQ(remaining(), std::nullopt);
}

TEST_F(SettleGatheringTest, AFullRequestIsSentAtOnce) {
  gathering.noteLeased(20);
  add(9);
  EXPECT_NE(remaining(), std::nullopt);
  add(1);
  EXPECT_EQ(remaining(), std::nullopt);
}

TEST_F(SettleGatheringTest, WithoutFurtherLeasedTasksNothingIsWaitedFor) {
  gathering.noteLeased(3);
  const auto first = add(2);
  EXPECT_NE(remaining(), std::nullopt);
  add(1);
  EXPECT_EQ(remaining(), std::nullopt);
  gathering.noteSettled(*first);
  batches.pop_front();
  EXPECT_EQ(remaining(), std::nullopt);
}

TEST_F(SettleGatheringTest, TheTasksOfAnEarlierSessionAreNotWaitedFor) {
  gathering.noteLeased(3);
  gathering.noteOpened();
  add(1);
  EXPECT_EQ(remaining(), std::nullopt);
  gathering.noteLeased(5);
  EXPECT_NE(remaining(), std::nullopt);
  add(1, 7);
  EXPECT_EQ(remaining(), std::nullopt) << "a batch of another session";
}

TEST_F(SettleGatheringTest, OtherOperationsThanAcknowledgementsAreNotDelayed) {
  gathering.noteLeased(20);
  const auto batch = add(1);
  batch->release.resize(1);
  EXPECT_EQ(remaining(), std::nullopt);
  batch->release.clear();
  batch->bury.resize(1);
  EXPECT_EQ(remaining(), std::nullopt);
  batch->bury.clear();
  batch->leaseAgain.resize(1);
  EXPECT_EQ(remaining(), std::nullopt);
  batch->leaseAgain.clear();
  EXPECT_NE(remaining(), std::nullopt);
}

TEST_F(SettleGatheringTest, SoManyBatchesThatNoFurtherOneComesAreSettled) {
  gathering.noteLeased(20);
  for (int i = 0; i < 7; ++i) add(1);
  EXPECT_NE(remaining(), std::nullopt);
  add(1);
  EXPECT_EQ(remaining(), std::nullopt);
}

}  // namespace
}  // namespace leptir::dispatcher
