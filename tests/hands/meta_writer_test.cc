// A meta storage's thread and a storage that fails for a while, lags behind, or can never be used.
#include "dispatcher/meta_writer.h"

#include "tests/hands/hands.h"

namespace leptir {
namespace {

class MetaWriterTest : public Hands {
 protected:
  void start(bool required = true, bool sole = true) {
    writer = std::make_unique<MetaWriter>(metaSeat(required), sole, inbox, log, systemClock(),
                                          [this](const Error&) { ++saidUnusable; });
  }

  std::shared_ptr<SettleBatch> batchOf(const std::vector<std::string>& ids) {
    auto batch = std::make_shared<SettleBatch>();
    batch->id = ++lastBatch;
    for (const auto& id : ids) batch->records.push_back(recordOf(id));
    return batch;
  }

  std::uint64_t lastBatch = 0;
  std::unique_ptr<MetaWriter> writer;  // last: its thread uses all the others
};

TEST_F(MetaWriterTest, SaysSavedOnceTheRecordsAre) {
  start();
  writer->save(batchOf({"a", "b"}));
  EXPECT_EQ(next<event::Saved>()->batch, 1u);
  EXPECT_TRUE(isRecorded("a"));
  EXPECT_TRUE(isRecorded("b"));
}

TEST_F(MetaWriterTest, KeepsRecordsUntilTheStorageIsBack) {
  start();
  writer->save(batchOf({"first"}));
  ASSERT_TRUE(next<event::Saved>());
  storageMood.down = true;
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(refuses(storageMood));
  writer->save(batchOf({"b"}));  // comes while it is down
  EXPECT_FALSE(hasCome<event::Saved>());

  storageMood.down = false;
  EXPECT_EQ(next<event::Saved>()->batch, 2u);
  EXPECT_EQ(next<event::Saved>()->batch, 3u);
  EXPECT_TRUE(isRecorded("a"));
  EXPECT_TRUE(isRecorded("b"));
}

TEST_F(MetaWriterTest, SaysOfEachBatchThatItWaitsForAStorageThatIsAway) {
  start();
  writer->save(batchOf({"first"}));
  ASSERT_TRUE(next<event::Saved>());
  storageMood.down = true;
  writer->save(batchOf({"a"}));
  EXPECT_EQ(next<event::StoreUnavailable>()->batch, 2u);
  writer->save(batchOf({"b"}));  // comes while it is away
  while (next<event::StoreUnavailable>()->batch != 3) {
  }
}

TEST_F(MetaWriterTest, SaysNothingOfBatchesThatWaitForAStorageThatIsNotRequired) {
  storageMood.down = true;
  start(false);
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(refuses(storageMood));
  EXPECT_FALSE(hasCome<event::StoreUnavailable>());
}

TEST_F(MetaWriterTest, KeepsRecordsForAStorageThatIsDownAtFirst) {
  storageMood.down = true;
  start();
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(refuses(storageMood));
  storageMood.down = false;
  EXPECT_TRUE(next<event::Saved>());
  EXPECT_TRUE(isRecorded("a"));
}

TEST_F(MetaWriterTest, SavesAgainWhatWasSavedWithoutAnAnswerAndSaysSoOnce) {
  start();
  writer->save(batchOf({"first"}));
  ASSERT_TRUE(next<event::Saved>());
  storageMood.cutAnswers = true;
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(waitUntil([&] { return isRecorded("a"); }));
  EXPECT_FALSE(hasCome<event::Saved>());
  storageMood.cutAnswers = false;
  EXPECT_EQ(next<event::Saved>()->batch, 2u);
  writer->save(batchOf({"b"}));
  EXPECT_EQ(next<event::Saved>()->batch, 3u);
}

TEST_F(MetaWriterTest, SaysOnceWhatAStorageRefusesThatOpensEachTime) {
  const auto read = openLog();
  storageMood.warnings = {"it is old"};
  storageMood.refuses = "save";
  start();
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(waitUntil([&] { return storageMood.refused == 3; }));
  storageMood.refuses = "";
  ASSERT_TRUE(next<event::Saved>());
  EXPECT_EQ(timesIn(read(), "on purpose"), 1);
  EXPECT_EQ(timesIn(read(), "available again"), 1);
  EXPECT_EQ(timesIn(read(), "WARN (4): meta storage records: it is old"), 1);
}

TEST_F(MetaWriterTest, LeavesTheRecordsInTheirBatchWhenOthersNeedThem) {
  start(true, false);
  const auto batch = batchOf({"a"});
  writer->save(batch);
  ASSERT_TRUE(next<event::Saved>());
  EXPECT_EQ(batch->records.at(0).id, "a");
}

TEST_F(MetaWriterTest, AStorageThatIsNotRequiredSaysNothing) {
  start(false);
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(waitUntil([&] { return isRecorded("a"); }));
  writer.reset();
  EXPECT_FALSE(hasCome<event::Saved>());
}

TEST_F(MetaWriterTest, AStorageThatIsNotRequiredMissesWhatItCannotHoldAndCountsIt) {
  storageMood.down = true;
  start(false);
  writer->save(batchOf(std::vector<std::string>(MetaWriter::kMostLag, "many")));
  writer->save(batchOf({"a", "b"}));
  EXPECT_EQ(writer->missed(), 2u);
}

TEST_F(MetaWriterTest, AStorageThatOpensAndRefusesEachTimeHoldsNoMoreThanItMay) {
  const auto read = openLog();
  storageMood.refuses = "save";
  start(false);
  for (int i = 0; i < 4; ++i) {
    writer->save(batchOf(std::vector<std::string>(MetaWriter::kMostLag / 2, "many")));
    ASSERT_TRUE(refuses(storageMood));
  }
  EXPECT_EQ(writer->missed(), MetaWriter::kMostLag / 2) << "one list in its hands, two in its queue";
  EXPECT_EQ(timesIn(read(), "lags behind"), 1);
  writer.reset();
  EXPECT_EQ(timesIn(read(), "missed 200000 records"), 1);
}

TEST_F(MetaWriterTest, WhatCameWithTheEndIsSavedWhereTheStorageWorks) {
  start(false);
  writer->save(batchOf({"first"}));
  ASSERT_TRUE(waitUntil([&] { return isRecorded("first"); }));
  for (int i = 0; i < 50; ++i) writer->save(batchOf({"last" + std::to_string(i)}));
  writer.reset();
  EXPECT_TRUE(isRecorded("last49"));
}

TEST_F(MetaWriterTest, ARefusalToSaveIsNoReasonToEndWhateverItsKind) {
  storageMood.refuses = "save";
  storageMood.code = ErrorCode::Invalid;
  start();
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(waitUntil([&] { return storageMood.refused == 2; }));
  EXPECT_EQ(saidUnusable, 0);
  storageMood.refuses = "";
  EXPECT_TRUE(next<event::Saved>());
  EXPECT_TRUE(isRecorded("a"));
}

TEST_F(MetaWriterTest, ARequiredStorageThatCanNeverBeUsedIsSaidOnce) {
  unusable = Error(ErrorCode::Corrupt, "no database");
  start();
  EXPECT_TRUE(waitUntil([&] { return saidUnusable == 1; }));
}

TEST_F(MetaWriterTest, AnEndDoesNotWaitForAStorageThatIsDown) {
  storageMood.down = true;
  start();
  writer->save(batchOf({"a"}));
  ASSERT_TRUE(refuses(storageMood));
  writer.reset();
  EXPECT_FALSE(isRecorded("a"));
}

}  // namespace
}  // namespace leptir
