// What feeders and meta writers count of their stores, for the metrics.
#include "dispatcher/feeder_fixture.h"
#include "dispatcher/meta_writer.h"
#include "metrics/read_metrics_table.h"
#include "metrics/rows.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;
using metrics::StoreOperation;

class FeederCountTest : public FeederTest {
 protected:
  ~FeederCountTest() override { feeder.reset(); }  // it counts in the table until it has ended

  void startCounted(Duration countEvery = {}) {
    FeederOptions options{.session = {.instance = instance, .meter = {row, context.clock}},
                          .closeWithin = 300ms,
                          .countEvery = countEvery};
    feeder =
        std::make_unique<Feeder>(context, std::move(options), brokerFactory(), std::vector<meta::MetaStorageFactory>());
  }

  metrics::Snapshot read() const {
    metrics::Snapshot snapshot;
    metrics::readMetricsTable(*counters, snapshot);
    return snapshot;
  }
  metrics::BrokerMetrics broker() const { return read().brokers.at(0); }

  metrics::OperationMetrics calls(StoreOperation operation) const {
    const auto snapshot = read();
    for (const auto& counted : snapshot.stores.at(0).operations) {
      if (counted.operation == operation) return counted;
    }
    return {.operation = operation, .calls = 0, .errors = 0, .time = {}};
  }

  const std::unique_ptr<metrics::MetricsTable> counters = std::make_unique<metrics::MetricsTable>();
  metrics::BrokerRow* const row = metrics::claimBrokerRows(*counters, {"broker"})[0];
};

TEST_F(FeederCountTest, LeasesAndSettlements) {
  push({"a", "b", "c"});
  startCounted();
  feeder->setLeaseCredit(3, 0);
  const auto leased = next<event::Leased>();
  ASSERT_EQ(leased->tasks.size(), 3u);
  EXPECT_TRUE(waitUntil([&] { return broker().leased.sum == 3; }));
  EXPECT_EQ(broker().leased.count(), 1u);
  EXPECT_TRUE(broker().hasSession);
  EXPECT_GE(calls(StoreOperation::Lease).calls, 1u);
  feeder->settle(batchOf(leased->tasks[0], "a"));
  ASSERT_TRUE(next<event::BatchSettled>());
  EXPECT_TRUE(waitUntil([&] { return broker().settled.sum == 1; }));
  EXPECT_EQ(calls(StoreOperation::Acknowledge).calls, 1u);
  EXPECT_EQ(calls(StoreOperation::Acknowledge).time.count(), 1u);
}

TEST_F(FeederCountTest, ErrorsOfTheStore) {
  startCounted();
  ASSERT_TRUE(next<event::BrokerOpened>());
  faults.down = true;
  feeder->setLeaseCredit(1, 0);
  EXPECT_TRUE(waitUntil([&] { return calls(StoreOperation::Lease).errors > 0; }));
  EXPECT_TRUE(waitUntil([&] { return !broker().hasSession; }));
  faults.down = false;
}

TEST_F(FeederCountTest, TheQueueAgainAndAgain) {
  push({"a", "b"});
  startCounted(1ms);
  EXPECT_TRUE(waitUntil([&] { return broker().queue && broker().queue->due == 2; }));
  push({"c"});
  EXPECT_TRUE(waitUntil([&] { return broker().queue && broker().queue->due == 3; }));
  EXPECT_GE(calls(StoreOperation::Count).calls, 2u);
}

TEST_F(FeederCountTest, SinceWhenTheOldestTaskHasBeenDue) {
  startCounted(1ms);
  EXPECT_TRUE(waitUntil([&] { return broker().queue.has_value(); }));
  EXPECT_FALSE(broker().queue->oldestDue) << "no task is due";
  push({"a"});
  EXPECT_TRUE(waitUntil([&] { return broker().queue && broker().queue->oldestDue; }));
}

TEST_F(FeederCountTest, AQueueThatCannotBeCountedIsLeasedFromAllTheSame) {
  faults.refuses = "count";
  push({"a"});
  startCounted(1ms);
  EXPECT_TRUE(waitUntil([&] { return calls(StoreOperation::Count).errors > 1; }));
  EXPECT_FALSE(broker().queue);
  feeder->setLeaseCredit(1, 0);
  const auto leased = next<event::Leased>();
  ASSERT_TRUE(leased);
  EXPECT_EQ(leased->tasks.size(), 1u);
}

TEST_F(FeederCountTest, NoQueueWithoutAnInterval) {
  push({"a"});
  startCounted();
  feeder->setLeaseCredit(1, 0);
  ASSERT_TRUE(next<event::Leased>());
  EXPECT_FALSE(faults.wasAsked("count"));
  EXPECT_FALSE(broker().queue);
}

TEST_F(FeederCountTest, ALostSession) {
  push({"a"});
  startCounted();
  feeder->setLeaseCredit(1, 0);
  const auto leased = next<event::Leased>();
  ASSERT_EQ(leased->tasks.size(), 1u);
  claim();
  feeder->settle(batchOf(leased->tasks[0], "a"));
  EXPECT_TRUE(waitUntil([&] { return broker().sessionsLost == 1; }));
  const auto settled = next<event::BatchSettled>();
  ASSERT_TRUE(settled);
  EXPECT_TRUE(settled->isLost);
}

TEST_F(FeederCountTest, RecordsOfAMetaWriter) {
  auto* storage = metrics::claimStorageRows(*counters, {"records"})[0];
  MetaWriter writer(context, storageFactory(), {storage, context.clock});
  auto batch = std::make_shared<SettleBatch>();
  batch->id = 1;
  batch->records.push_back(recordOf("a"));
  writer.save(batch);
  ASSERT_TRUE(next<event::RecordsSaved>());
  const auto stores = read().stores;
  ASSERT_EQ(stores.size(), 2u);
  EXPECT_EQ(stores[1].kind, metrics::StoreKind::MetaStorage);
  EXPECT_EQ(stores[1].name, "records");
  EXPECT_EQ(stores[1].operations.at(0).operation, StoreOperation::Open);
  EXPECT_EQ(stores[1].operations.at(1).operation, StoreOperation::Save);
}

}  // namespace
}  // namespace leptir::dispatcher
