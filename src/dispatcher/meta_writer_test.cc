// The meta writer with a storage that fails for a while, lags behind, or can never be used.
#include "dispatcher/meta_writer.h"

#include "dispatcher/store_thread_fixture.h"

namespace leptir::dispatcher {
namespace {

class MetaWriterTest : public StoreThreadTest {
 protected:
  void start(Storage storage = Storage::Required) {
    writer = std::make_unique<MetaWriter>(context, storageFactory(storage));
  }

  std::shared_ptr<SettleBatch> batchOf(const std::vector<std::string>& ids) {
    auto batch = std::make_shared<SettleBatch>();
    batch->id = ++lastBatch;
    for (const auto& id : ids) batch->records.push_back(recordOf(id));
    return batch;
  }

  std::uint64_t lastBatch = 0;
  std::unique_ptr<MetaWriter> writer;  // last: its thread uses all other members
};

TEST_F(MetaWriterTest, ReportsABatchOnceItsRecordsAreSaved) {
  start();
  writer->save(batchOf({"a", "b"}));
  EXPECT_EQ(next<event::RecordsSaved>()->batch, 1u);
  EXPECT_TRUE(isRecorded("a"));
  EXPECT_TRUE(isRecorded("b"));
}

TEST_F(MetaWriterTest, KeepsRecordsUntilTheStorageIsBack) {
  start();
  writer->save(batchOf({"first"}));
  ASSERT_TRUE(next<event::RecordsSaved>());
  storageFaults.down = true;
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(refuses(storageFaults));
  writer->save(batchOf({"b"}));  // arrives while the storage is down
  EXPECT_FALSE(hasEventCome<event::RecordsSaved>());

  storageFaults.down = false;
  EXPECT_EQ(next<event::RecordsSaved>()->batch, 2u);
  EXPECT_EQ(next<event::RecordsSaved>()->batch, 3u);
  EXPECT_TRUE(isRecorded("a"));
  EXPECT_TRUE(isRecorded("b"));
}

TEST_F(MetaWriterTest, ReportsEachBatchThatWaitsForAnUnavailableStorage) {
  start();
  writer->save(batchOf({"first"}));
  ASSERT_TRUE(next<event::RecordsSaved>());
  storageFaults.down = true;
  writer->save(batchOf({"a"}));
  EXPECT_EQ(next<event::StoreUnavailable>()->batch, 2u);
  writer->save(batchOf({"b"}));  // arrives while the storage is unavailable
  while (next<event::StoreUnavailable>()->batch != 3) {
  }
}

TEST_F(MetaWriterTest, ReportsNoBatchThatWaitsForAStorageThatIsNotRequired) {
  storageFaults.down = true;
  start(Storage::Optional);
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(refuses(storageFaults));
  EXPECT_FALSE(hasEventCome<event::StoreUnavailable>());
}

TEST_F(MetaWriterTest, KeepsRecordsForAStorageThatIsDownAtFirst) {
  storageFaults.down = true;
  start();
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(refuses(storageFaults));
  storageFaults.down = false;
  EXPECT_TRUE(next<event::RecordsSaved>());
  EXPECT_TRUE(isRecorded("a"));
}

TEST_F(MetaWriterTest, RepeatsASaveWhoseReplyWasLostAndReportsItsBatchOnce) {
  start();
  writer->save(batchOf({"first"}));
  ASSERT_TRUE(next<event::RecordsSaved>());
  storageFaults.loseAnswers = true;
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(waitUntil([&] { return isRecorded("a"); }));
  EXPECT_FALSE(hasEventCome<event::RecordsSaved>());
  storageFaults.loseAnswers = false;
  EXPECT_EQ(next<event::RecordsSaved>()->batch, 2u);
  writer->save(batchOf({"b"}));
  EXPECT_EQ(next<event::RecordsSaved>()->batch, 3u);
}

TEST_F(MetaWriterTest, LogsOneErrorOfAStorageThatOpensEachTimeAndRefusesToSave) {
  const auto read = openLog();
  storageFaults.warnings = {"it is old"};
  storageFaults.refuses = "save";
  start();
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(waitUntil([&] { return storageFaults.refused >= 3; }));
  storageFaults.refuses = "";
  ASSERT_TRUE(next<event::RecordsSaved>());
  ASSERT_TRUE(waitUntil([&] { return timesIn(read(), "available again") == 1; }));
  EXPECT_EQ(timesIn(read(), "ERR (3): meta storage records: not available, trying again: on purpose"), 1);
  EXPECT_EQ(timesIn(read(), "on purpose"), 1);
  EXPECT_EQ(timesIn(read(), "WARN (4): meta storage records: it is old"), 1);
}

TEST_F(MetaWriterTest, LeavesTheRecordsInTheirBatchWhenOtherStoragesNeedThem) {
  context.recordUse = RecordUse::Copy;
  start();
  const auto batch = batchOf({"a"});
  writer->save(batch);
  ASSERT_TRUE(next<event::RecordsSaved>());
  EXPECT_EQ(batch->records.at(0).id, "a");
}

TEST_F(MetaWriterTest, BatchesAreNotReportedAsSavedToAStorageThatIsNotRequired) {
  start(Storage::Optional);
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(waitUntil([&] { return isRecorded("a"); }));
  writer.reset();
  EXPECT_FALSE(hasEventCome<event::RecordsSaved>());
}

TEST_F(MetaWriterTest, RecordsThatExceedTheLagOfAStorageThatIsNotRequiredAreDroppedAndCounted) {
  const auto read = openLog();
  storageFaults.down = true;
  start(Storage::Optional);
  writer->save(batchOf(std::vector<std::string>(MetaWriter::kMaxQueuedRecords, "many")));
  writer->save(batchOf({"a", "b"}));
  storageFaults.down = false;
  ASSERT_TRUE(waitUntil([&] { return isRecorded("many"); }));
  writer.reset();
  EXPECT_FALSE(isRecorded("a"));
  EXPECT_EQ(timesIn(read(), "lags behind by 100000 records"), 1);
  EXPECT_EQ(timesIn(read(), ": 2 records were not saved"), 1);
}

TEST_F(MetaWriterTest, KeepsALimitedNumberOfRecordsForAStorageThatOpensEachTimeAndRefusesToSave) {
  const auto read = openLog();
  storageFaults.refuses = "save";
  start(Storage::Optional);
  for (const auto* id : {"being saved", "queued", "queued, too", "dropped"}) {
    writer->save(batchOf(std::vector<std::string>(MetaWriter::kMaxQueuedRecords / 2, id)));
    ASSERT_TRUE(refuses(storageFaults));
  }
  storageFaults.refuses = "";
  writer->save(batchOf({}));  // wakes it: the pauses have grown
  ASSERT_TRUE(waitUntil([&] { return isRecorded("queued, too"); }));
  writer.reset();
  EXPECT_FALSE(isRecorded("dropped"));
  EXPECT_EQ(timesIn(read(), "lags behind"), 1);
  EXPECT_EQ(timesIn(read(), ": 50000 records were not saved"), 1);
}

TEST_F(MetaWriterTest, LogsHowManyRecordsAStorageThatStaysDownDidNotGet) {
  const auto read = openLog();
  storageFaults.down = true;
  start();
  writer->save(batchOf({"a", "b", "c"}));
  writer.reset();
  EXPECT_EQ(timesIn(read(), ": 3 records were not saved"), 1);
}

TEST_F(MetaWriterTest, RecordsThatArriveJustBeforeTheEndAreSavedWhereTheStorageWorks) {
  start(Storage::Optional);
  writer->save(batchOf({"first"}));
  ASSERT_TRUE(waitUntil([&] { return isRecorded("first"); }));
  for (int i = 0; i < 50; ++i) writer->save(batchOf({"last" + std::to_string(i)}));
  writer.reset();
  EXPECT_TRUE(isRecorded("last49"));
}

TEST_F(MetaWriterTest, AStorageThatRefusesASaveIsTriedAgainWhateverItsError) {
  storageFaults.refuses = "save";
  storageFaults.code = ErrorCode::Invalid;
  start();
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(waitUntil([&] { return storageFaults.refused >= 2; }));
  EXPECT_EQ(reportedUnusable, 0);
  storageFaults.refuses = "";
  EXPECT_TRUE(next<event::RecordsSaved>());
  EXPECT_TRUE(isRecorded("a"));
}

TEST_F(MetaWriterTest, ARequiredStorageThatCanNeverBeUsedIsReportedOnce) {
  unusable = Error(ErrorCode::Corrupt, "no database");
  start();
  EXPECT_TRUE(waitUntil([&] { return reportedUnusable == 1; }));
}

TEST_F(MetaWriterTest, TheEndDoesNotWaitForAStorageThatIsDown) {
  storageFaults.down = true;
  start();
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(refuses(storageFaults));
  writer.reset();
  EXPECT_FALSE(isRecorded("a"));
}

}  // namespace
}  // namespace leptir::dispatcher
