// How the core settles tasks that have run: the record first, then the lease, then the cell.
#include "dispatcher/core_fixture.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

TEST_F(CoreTest, ATaskKeepsItsQueuePositionAfterItsFirstCrashAndWaitsAfterItsSecond) {
  const auto crashAfter = [this](Counters counters) {
    BrokerTask task{.id = "a", .name = "noop", .pushedAt = now.wall - 10min};
    step(event::Leased{0, 1, {{task::encodeEnvelope(task), counters, leaseOf("a")}}, true});
    const auto cell = last.assignments.at(0).cell;
    step(event::CellDied{cell, link::Verdict{.reason = link::StopReason::Crash, .signal = 11}, "{}"});
    step(event::RecordsSaved{last.batchesToSave.at(0)->id});
    return last.batchesToSettle.at(0)->release.at(0).due;
  };
  options.hasStorages = true;
  EXPECT_EQ(crashAfter({}), std::nullopt) << "empty: the old position";
  start();
  EXPECT_EQ(crashAfter({.crashes = 1}), now.wall + 5s);
}

TEST_F(CoreTest, ARetryDelayBeyondAllClocksDoesNotOverflow) {
  lease({"a"});
  Outcome outcome;
  outcome.cause = Cause::RetryLater;
  outcome.retryAfter = Duration::max();
  step(event::CellDone{last.assignments.at(0).cell, outcome, "{}"});
  step(event::RecordsSaved{last.batchesToSave.at(0)->id});
  EXPECT_EQ(last.batchesToSettle.at(0)->release.at(0).due, Time::max());
}

TEST_F(CoreTest, SavesTheRecordFirstThenAcknowledgesThenFreesTheCell) {
  const auto cell = lease({"a"}).assignments.at(0).cell;
  finish(cell);
  ASSERT_EQ(last.batchesToSave.size(), 1u);
  EXPECT_TRUE(last.batchesToSettle.empty());
  EXPECT_TRUE(last.cellsToFree.empty());
  const auto batch = last.batchesToSave[0];

  step(event::RecordsSaved{batch->id});
  ASSERT_EQ(last.batchesToSettle.size(), 1u);
  EXPECT_EQ(last.batchesToSettle[0]->acknowledge, std::vector{leaseOf("a")});
  EXPECT_TRUE(last.cellsToFree.empty());

  step(event::BatchSettled{batch->id});
  EXPECT_EQ(last.cellsToFree, std::vector{cell});
  EXPECT_EQ(last.succeeded, 1u);
}

TEST_F(CoreTest, WaitsForEveryRequiredStorage) {
  options.requiredStorageCount = 2;
  start();
  const auto cell = lease({"a"}).assignments.at(0).cell;
  const auto batch = finish(cell).batchesToSave.at(0);
  EXPECT_TRUE(step(event::RecordsSaved{batch->id}).batchesToSettle.empty());
  EXPECT_EQ(step(event::RecordsSaved{batch->id}).batchesToSettle.size(), 1u);
}

TEST_F(CoreTest, DoesNotWaitForStoragesThatAreNotRequired) {
  options.requiredStorageCount = 0;
  start();
  finish(lease({"a"}).assignments.at(0).cell);
  EXPECT_EQ(last.batchesToSave.size(), 1u);
  EXPECT_EQ(last.batchesToSettle.size(), 1u);
}

TEST_F(CoreTest, KeepsTheOutcomeOfATaskWhoseBrokerIsUnavailable) {
  const auto cell = lease({"a"}).assignments.at(0).cell;
  step(event::BrokerClosed{0});
  const auto batch = finish(cell).batchesToSave.at(0);
  EXPECT_EQ(batch->epoch, 1u);
  EXPECT_EQ(step(event::RecordsSaved{batch->id}).batchesToSettle.size(),
            1u);  // the feeder keeps the batch until the session is resumed or lost
}

TEST_F(CoreTest, SettlesCellsOfTwoEpochsInSeparateBatches) {
  core = std::make_unique<Core>(options, [] { return 0.0; });
  const auto envelope = envelopeOf("a");
  step(event::CellFound{{0, 7}, {.broker = 0, .epoch = 2, .lease = leaseOf("new"), .envelope = envelope}, true});
  step(event::CellFound{{1, 3}, {.broker = 0, .epoch = 1, .lease = leaseOf("old"), .envelope = envelope}, true});
  std::vector<Event> done;
  done.push_back(event::CellDone{{0, 7}, Outcome{.status = ExitStatus::Success}, "{}"});
  done.push_back(event::CellDone{{1, 3}, Outcome{.status = ExitStatus::Success}, "{}"});
  last = core->step(std::move(done), now);
  ASSERT_EQ(last.batchesToSave.size(), 2u);
  EXPECT_EQ(last.batchesToSave[0]->epoch, 2u);
  EXPECT_EQ(last.batchesToSave[0]->acknowledge, std::vector{leaseOf("new")});
  EXPECT_EQ(last.batchesToSave[1]->epoch, 1u);
}

TEST_F(CoreTest, SavesOneInProgressRecordOfALongTask) {
  const auto cell = lease({"a"}).assignments.at(0).cell;
  const auto began = now.boot;
  passTime(150ms);
  EXPECT_TRUE(step(event::CellRunning{cell, began}).batchesToSave.empty());
  passTime(100ms);
  step(event::CellRunning{cell, began});
  ASSERT_EQ(last.batchesToSave.size(), 1u);
  EXPECT_EQ(last.batchesToSave[0]->records.at(0).status, TaskStatus::InProgress);
  EXPECT_TRUE(step(event::CellRunning{cell, began}).batchesToSave.empty());
}

}  // namespace
}  // namespace leptir::dispatcher
