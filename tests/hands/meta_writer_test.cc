// The meta writer with a storage that fails for a while, lags behind, or can never be used.
#include "dispatcher/meta_writer.h"

#include "tests/hands/store_thread_fixture.h"

namespace leptir {
namespace {

class MetaWriterTest : public StoreThreadTest {
 protected:
  void start(bool required = true, bool mayMoveRecords = true) {
    writer = std::make_unique<dispatcher::MetaWriter>(metaSeat(required), mayMoveRecords, inbox, log, systemClock(),
                                                      [this](const Error&) { ++saidUnusable; });
  }

  std::shared_ptr<dispatcher::SettleBatch> batchOf(const std::vector<std::string>& ids) {
    auto batch = std::make_shared<dispatcher::SettleBatch>();
    batch->id = ++lastBatch;
    for (const auto& id : ids) batch->records.push_back(recordOf(id));
    return batch;
  }

  std::uint64_t lastBatch = 0;
  std::unique_ptr<dispatcher::MetaWriter> writer;  // last: its thread uses all other members
};

TEST_F(MetaWriterTest, ReportsABatchOnceItsRecordsAreSaved) {
  start();
  writer->save(batchOf({"a", "b"}));
  EXPECT_EQ(next<dispatcher::event::RecordsSaved>()->batch, 1u);
  EXPECT_TRUE(isRecorded("a"));
  EXPECT_TRUE(isRecorded("b"));
}

TEST_F(MetaWriterTest, KeepsRecordsUntilTheStorageIsBack) {
  start();
  writer->save(batchOf({"first"}));
  ASSERT_TRUE(next<dispatcher::event::RecordsSaved>());
  storageFaults.down = true;
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(refuses(storageFaults));
  writer->save(batchOf({"b"}));  // arrives while the storage is down
  EXPECT_FALSE(hasCome<dispatcher::event::RecordsSaved>());

  storageFaults.down = false;
  EXPECT_EQ(next<dispatcher::event::RecordsSaved>()->batch, 2u);
  EXPECT_EQ(next<dispatcher::event::RecordsSaved>()->batch, 3u);
  EXPECT_TRUE(isRecorded("a"));
  EXPECT_TRUE(isRecorded("b"));
}

TEST_F(MetaWriterTest, ReportsEachBatchThatWaitsForAnUnavailableStorage) {
  start();
  writer->save(batchOf({"first"}));
  ASSERT_TRUE(next<dispatcher::event::RecordsSaved>());
  storageFaults.down = true;
  writer->save(batchOf({"a"}));
  EXPECT_EQ(next<dispatcher::event::StoreUnavailable>()->batch, 2u);
  writer->save(batchOf({"b"}));  // arrives while the storage is unavailable
  while (next<dispatcher::event::StoreUnavailable>()->batch != 3) {
  }
}

TEST_F(MetaWriterTest, ReportsNoBatchThatWaitsForAStorageThatIsNotRequired) {
  storageFaults.down = true;
  start(false);
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(refuses(storageFaults));
  EXPECT_FALSE(hasCome<dispatcher::event::StoreUnavailable>());
}

TEST_F(MetaWriterTest, KeepsRecordsForAStorageThatIsDownAtFirst) {
  storageFaults.down = true;
  start();
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(refuses(storageFaults));
  storageFaults.down = false;
  EXPECT_TRUE(next<dispatcher::event::RecordsSaved>());
  EXPECT_TRUE(isRecorded("a"));
}

TEST_F(MetaWriterTest, RepeatsASaveWhoseReplyWasLostAndReportsItsBatchOnce) {
  start();
  writer->save(batchOf({"first"}));
  ASSERT_TRUE(next<dispatcher::event::RecordsSaved>());
  storageFaults.loseAnswers = true;
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(waitUntil([&] { return isRecorded("a"); }));
  EXPECT_FALSE(hasCome<dispatcher::event::RecordsSaved>());
  storageFaults.loseAnswers = false;
  EXPECT_EQ(next<dispatcher::event::RecordsSaved>()->batch, 2u);
  writer->save(batchOf({"b"}));
  EXPECT_EQ(next<dispatcher::event::RecordsSaved>()->batch, 3u);
}

TEST_F(MetaWriterTest, LogsOneErrorOfAStorageThatOpensEachTimeAndRefusesToSave) {
  const auto read = openLog();
  storageFaults.warnings = {"it is old"};
  storageFaults.refuses = "save";
  start();
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(waitUntil([&] { return storageFaults.refused == 3; }));
  storageFaults.refuses = "";
  ASSERT_TRUE(next<dispatcher::event::RecordsSaved>());
  EXPECT_EQ(timesIn(read(), "on purpose"), 1);
  EXPECT_EQ(timesIn(read(), "available again"), 1);
  EXPECT_EQ(timesIn(read(), "WARN (4): meta storage records: it is old"), 1);
}

TEST_F(MetaWriterTest, LeavesTheRecordsInTheirBatchWhenOtherStoragesNeedThem) {
  start(true, false);
  const auto batch = batchOf({"a"});
  writer->save(batch);
  ASSERT_TRUE(next<dispatcher::event::RecordsSaved>());
  EXPECT_EQ(batch->records.at(0).id, "a");
}

TEST_F(MetaWriterTest, BatchesAreNotReportedAsSavedToAStorageThatIsNotRequired) {
  start(false);
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(waitUntil([&] { return isRecorded("a"); }));
  writer.reset();
  EXPECT_FALSE(hasCome<dispatcher::event::RecordsSaved>());
}

TEST_F(MetaWriterTest, RecordsThatExceedTheLagOfAStorageThatIsNotRequiredAreDroppedAndCounted) {
  storageFaults.down = true;
  start(false);
  writer->save(batchOf(std::vector<std::string>(dispatcher::MetaWriter::kMostLag, "many")));
  writer->save(batchOf({"a", "b"}));
  EXPECT_EQ(writer->missed(), 2u);
}

TEST_F(MetaWriterTest, KeepsALimitedNumberOfRecordsForAStorageThatOpensEachTimeAndRefusesToSave) {
  const auto read = openLog();
  storageFaults.refuses = "save";
  start(false);
  for (int i = 0; i < 4; ++i) {
    writer->save(batchOf(std::vector<std::string>(dispatcher::MetaWriter::kMostLag / 2, "many")));
    ASSERT_TRUE(refuses(storageFaults));
  }
  EXPECT_EQ(writer->missed(), dispatcher::MetaWriter::kMostLag / 2)
      << "half of kMostLag is being saved, twice that is queued";
  EXPECT_EQ(timesIn(read(), "lags behind"), 1);
  writer.reset();
  EXPECT_EQ(timesIn(read(), "200000 records were not saved"), 1);
}

TEST_F(MetaWriterTest, RecordsThatArriveJustBeforeTheEndAreSavedWhereTheStorageWorks) {
  start(false);
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
  ASSERT_TRUE(waitUntil([&] { return storageFaults.refused == 2; }));
  EXPECT_EQ(saidUnusable, 0);
  storageFaults.refuses = "";
  EXPECT_TRUE(next<dispatcher::event::RecordsSaved>());
  EXPECT_TRUE(isRecorded("a"));
}

TEST_F(MetaWriterTest, ARequiredStorageThatCanNeverBeUsedIsReportedOnce) {
  unusable = Error(ErrorCode::Corrupt, "no database");
  start();
  EXPECT_TRUE(waitUntil([&] { return saidUnusable == 1; }));
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
}  // namespace leptir
