#include "metrics/store_meter.h"

#include <gmock/gmock.h>

#include "leptir/result.h"
#include "metrics/broker_meter.h"
#include "metrics/metrics_table_fixture.h"

namespace leptir::metrics {
namespace {

using namespace std::chrono_literals;

class StoreMeterTest : public MetricsTableTest {
 protected:
  const OperationMetrics& operation(StoreOperation wanted) {
    store = read().stores.at(0);
    return *std::ranges::find(store.operations, wanted, &OperationMetrics::operation);
  }

  ManualClock clock;
  BrokerRow* const row = claimBrokerRows(*table, {"main"})[0];
  const BrokerMeter meter{row, clock};
  StoreMetrics store;
};

TEST_F(StoreMeterTest, CountsAndTimesCalls) {
  const auto answer = meter.store().time(StoreOperation::Renew, [this]() -> Result<int> {
    clock.advance(3ms);
    return 7;
  });
  EXPECT_EQ(*answer, 7);
  const auto& renew = operation(StoreOperation::Renew);
  EXPECT_EQ(renew.calls, 1u);
  EXPECT_EQ(renew.errors, 0u);
  EXPECT_EQ(renew.time.sum, 3000u);
  EXPECT_EQ(renew.time.count(), 1u);
}

TEST_F(StoreMeterTest, CountsErrors) {
  const auto fails = []() -> Result<void> { return Error(ErrorCode::Unavailable, "down"); };
  EXPECT_FALSE(meter.store().time(StoreOperation::Release, fails));
  EXPECT_EQ(operation(StoreOperation::Release).errors, 1u);
  EXPECT_EQ(operation(StoreOperation::Release).calls, 1u);
}

TEST_F(StoreMeterTest, DoesNotTimeCallsThatWait) {
  EXPECT_TRUE(meter.store().count(StoreOperation::Lease, [this]() -> Result<void> {
    clock.advance(1s);
    return {};
  }));
  EXPECT_EQ(operation(StoreOperation::Lease).calls, 1u);
  EXPECT_EQ(operation(StoreOperation::Lease).time.count(), 0u);
}

TEST_F(StoreMeterTest, WithoutARowCallsAreMadeAllTheSame) {
  const BrokerMeter none;
  EXPECT_EQ(none.store().time(StoreOperation::Open, []() -> Result<int> { return 1; }).value(), 1);
  none.noteSessionRenewed();
  none.noteSessionClosed();
  none.noteLeased(1);
  none.noteQueueCounts({}, {});
}

TEST_F(StoreMeterTest, TheQueueIsNotKnownWithoutASession) {
  meter.noteSessionRenewed();
  meter.noteQueueCounts({.due = 3, .scheduled = 1, .buried = 2}, Time(7s));
  const auto open = read().brokers.at(0);
  EXPECT_TRUE(open.hasSession);
  ASSERT_TRUE(open.queue);
  EXPECT_EQ(open.queue->due, 3u);
  EXPECT_EQ(open.queue->buried, 2u);
  EXPECT_EQ(open.queue->oldestDue, 7);
  meter.noteSessionClosed();
  EXPECT_FALSE(read().brokers.at(0).hasSession);
  EXPECT_FALSE(read().brokers.at(0).queue);
  EXPECT_GT(read().brokers.at(0).renewedAt, 0);
}

TEST_F(StoreMeterTest, AQueueWithoutADueTaskHasNoOldestOne) {
  meter.noteSessionRenewed();
  meter.noteQueueCounts({.due = 1}, Time(7s));
  meter.noteQueueCounts({.due = 0}, std::nullopt);
  ASSERT_TRUE(read().brokers.at(0).queue);
  EXPECT_FALSE(read().brokers.at(0).queue->oldestDue);
}

TEST_F(StoreMeterTest, AnEmptyLeaseIsNoBatch) {
  meter.noteLeased(0);
  meter.noteLeased(3);
  EXPECT_EQ(read().brokers.at(0).leased.count(), 1u);
  EXPECT_EQ(read().brokers.at(0).leased.sum, 3u);
}

}  // namespace
}  // namespace leptir::metrics
