#include "dispatcher/settle_batches.h"

#include <gtest/gtest.h>

namespace leptir::dispatcher {
namespace {

using settlement::Settlement;
using HandOut = SettleBatches::HandOut;
using namespace std::chrono_literals;

class SettleBatchesTest : public ::testing::Test {
 protected:
  void start(int requiredStorages, int colocated) {
    options.brokers = {{.name = "broker", .colocatedStorages = colocated}};
    options.requiredStorageCount = requiredStorages;
    sessions = std::make_unique<BrokerSessions>(options.brokers);
    batches = std::make_unique<SettleBatches>(options, *sessions);
  }
  // Settles one task and hands out what is gathered.
  void settleOne(std::uint64_t lease, HandOut when = HandOut::AtOnce) {
    step = {.now = {.boot = now}};
    batches->addFromCell({0, lease}, {.lease = {lease, "handle"}}, {.record = MetaInfo{.id = "a"}}, "{}", step);
    batches->handOut(when, step);
  }
  std::vector<std::uint64_t> leases() {
    std::vector<std::uint64_t> numbers;
    batches->forEachLease(0, [&](const LeaseId& lease) { numbers.push_back(lease.number); });
    std::ranges::sort(numbers);
    return numbers;
  }

  CoreOptions options;
  std::unique_ptr<BrokerSessions> sessions;
  std::unique_ptr<SettleBatches> batches;
  BootTime now{1s};
  Step step;
};

TEST_F(SettleBatchesTest, SendsABatchToItsBrokerOnceAllWritersHaveSavedItsRecords) {
  start(3, 1);
  settleOne(1);
  ASSERT_EQ(step.actions.batchesToSave.size(), 1u);
  EXPECT_TRUE(step.actions.batchesToSettle.empty());
  const auto id = step.actions.batchesToSave[0]->id;
  batches->noteSaved(id, step);
  EXPECT_TRUE(step.actions.batchesToSettle.empty()) << "one more writer";
  batches->noteSaved(id, step);
  EXPECT_EQ(step.actions.batchesToSettle.size(), 1u);
}

TEST_F(SettleBatchesTest, SmallBatchesOfAPaidStoreDoNotHoldBackFurtherOnes) {
  start(1, 0);
  batches->noteOpened(0, true);
  for (std::uint64_t lease = 1; lease <= 10; ++lease) {
    settleOne(lease);
    EXPECT_EQ(step.actions.batchesToSave.size(), 1u) << lease;
  }
  settleOne(11);
  EXPECT_TRUE(step.actions.batchesToSave.empty());
}

TEST_F(SettleBatchesTest, GathersFurtherTasksWhileTwoBatchesAreAtAStoreThatAlsoSavesTheRecords) {
  start(1, 1);
  for (std::uint64_t lease = 1; lease <= 2; ++lease) {
    settleOne(lease);
    EXPECT_EQ(step.actions.batchesToSettle.size(), 1u);
  }
  const auto first = step.actions.batchesToSettle[0]->id - 1;
  for (std::uint64_t lease = 3; lease <= 5; ++lease) {
    settleOne(lease);
    EXPECT_TRUE(step.actions.batchesToSettle.empty());
  }
  EXPECT_EQ(leases(), (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
  ASSERT_TRUE(batches->noteSettled(first, step));
  batches->handOut(HandOut::AtOnce, step);
  ASSERT_EQ(step.actions.batchesToSettle.size(), 1u);
  EXPECT_EQ(step.actions.batchesToSettle[0]->acknowledge.size(), 3u);
  EXPECT_EQ(leases(), (std::vector<std::uint64_t>{2, 3, 4, 5}));
}

TEST_F(SettleBatchesTest, IsEmptyOnceEachBatchIsSettled) {
  start(0, 0);
  EXPECT_TRUE(batches->isEmpty());
  settleOne(1);
  EXPECT_FALSE(batches->isEmpty());
  EXPECT_FALSE(batches->isEmpty(0));
  const auto id = step.actions.batchesToSettle.at(0)->id;
  ASSERT_TRUE(batches->noteSettled(id, step));
  EXPECT_TRUE(batches->isEmpty());
  EXPECT_TRUE(batches->isEmpty(0));
  EXPECT_FALSE(batches->noteSettled(id, step)) << "the answer came twice";
}

TEST_F(SettleBatchesTest, GathersAFewTasksForMillisecondsWhileFurtherOnesAreAboutToEnd) {
  start(0, 0);
  for (std::uint64_t lease = 1; lease <= 255; ++lease) settleOne(lease, HandOut::OnceLarge);
  EXPECT_TRUE(step.actions.batchesToSettle.empty());
  settleOne(256, HandOut::OnceLarge);
  ASSERT_EQ(step.actions.batchesToSettle.size(), 1u) << "many enough";
  EXPECT_EQ(step.actions.batchesToSettle[0]->acknowledge.size(), 256u);
  settleOne(257, HandOut::OnceLarge);
  EXPECT_TRUE(step.actions.batchesToSettle.empty());
  now += 10ms;
  settleOne(258, HandOut::OnceLarge);
  EXPECT_EQ(step.actions.batchesToSettle.size(), 1u) << "they have waited long enough";
}

TEST_F(SettleBatchesTest, SendsNoThirdSmallBatchToAStoreButFurtherLargeOnes) {
  start(1, 0);
  settleOne(1);
  settleOne(2);
  settleOne(3);
  EXPECT_TRUE(step.actions.batchesToSave.empty());
  for (std::uint64_t lease = 4; lease <= 258; ++lease) settleOne(lease);
  ASSERT_EQ(step.actions.batchesToSave.size(), 1u);
  EXPECT_EQ(step.actions.batchesToSave[0]->acknowledge.size(), 256u);
}

}  // namespace
}  // namespace leptir::dispatcher
