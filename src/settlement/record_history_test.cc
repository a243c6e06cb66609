#include "settlement/record_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "backends/memory/memory_meta_storage.h"
#include "tests/support/faulty_store.h"

namespace leptir::settlement {
namespace {

constexpr std::size_t kMaxBytes = 20'000;

// A storage that limits the size of a record, as some servers do.
class SizeLimitedStorage final : public memory::MemoryMetaStorage {
 public:
  using memory::MemoryMetaStorage::MemoryMetaStorage;

  Result<void> saveMetaInfo(std::span<const MetaInfo> records) override {
    const bool fit = std::ranges::all_of(records, [](const MetaInfo& record) {
      std::string text;
      writeMetaInfo(record, text);
      return text.size() <= kMaxBytes;
    });
    if (!fit) return Error(ErrorCode::TooLarge, "a record is larger than this storage takes");
    return memory::MemoryMetaStorage::saveMetaInfo(records);
  }
};

MetaInfo recordOf(std::string id, std::size_t responseBytes) {
  MetaInfo record;
  record.id = std::move(id);
  record.lease = 7;
  record.type = "report";
  record.cause = "finished";
  record.response.assign(responseBytes, 'r');
  return record;
}

TEST(RecordHistory, ARecordThatIsTooLargeIsSavedShortenedAndTheOthersWhole) {
  SizeLimitedStorage storage(std::make_shared<memory::MemoryRecords>(), std::nullopt, systemClock());
  std::vector<MetaInfo> records{recordOf("a", 10), recordOf("large", 2 * kMaxBytes), recordOf("b", 20)};
  records[1].envelope.assign(kMaxBytes, 'e');
  records[1].stack = {"doJob() at report.cc:7"};
  ASSERT_TRUE(saveWithHistory(storage, records));
  EXPECT_EQ(storage.loadMetaInfoById("a")->at("respM"), std::string(10, 'r'));
  EXPECT_EQ(storage.loadMetaInfoById("b")->at("respM"), std::string(20, 'r'));
  const auto large = storage.loadMetaInfoById("large");
  ASSERT_TRUE(large);
  EXPECT_TRUE(large->at("respM").get<std::string>().starts_with("rrr"));
  EXPECT_TRUE(large->at("respM").get<std::string>().ends_with("too large for the storage)"));
  EXPECT_EQ(large->at("stack").size(), 1u);
  EXPECT_FALSE(large->contains("envelope"));
}

TEST(RecordHistory, IsLoadedInOneRequestForManyRecordsAndNotForFirstAttempts) {
  Faults faults;
  FaultyMetaStorage storage(std::make_unique<memory::MemoryMetaStorage>(std::make_shared<memory::MemoryRecords>(),
                                                                        std::nullopt, systemClock()),
                            faults);
  std::vector<MetaInfo> records;
  for (int i = 0; i < 60; ++i) records.push_back(recordOf("t" + std::to_string(i), 1));
  ASSERT_TRUE(saveWithHistory(storage, records));
  EXPECT_EQ(faults.journal(), std::vector<std::string>{"save"});
  for (auto& record : records) record.attempt = 2, record.lease = 8;
  ASSERT_TRUE(saveWithHistory(storage, records));
  EXPECT_EQ(faults.journal(), (std::vector<std::string>{"save", "load many", "save"}));
  EXPECT_EQ(storage.loadMetaInfoById("t59")->at("history").size(), 1u);
}

TEST(RecordHistory, IsNotLostWhileTheStorageIsDown) {
  Faults faults;
  FaultyMetaStorage storage(std::make_unique<memory::MemoryMetaStorage>(std::make_shared<memory::MemoryRecords>(),
                                                                        std::nullopt, systemClock()),
                            faults);
  std::vector<MetaInfo> records{recordOf("t", 1)};
  ASSERT_TRUE(saveWithHistory(storage, records));
  records[0].attempt = 2;
  records[0].lease = 8;
  faults.refuses = "load many";
  EXPECT_EQ(saveWithHistory(storage, records).error().code(), ErrorCode::Unavailable);
  EXPECT_EQ(storage.loadMetaInfoById("t")->at("attempt"), 1) << "the record is not saved without its history";
  faults.refuses = "";
  ASSERT_TRUE(saveWithHistory(storage, records));
  EXPECT_EQ(storage.loadMetaInfoById("t")->at("history").size(), 1u);
}

TEST(RecordHistory, ARecordThatIsTooLargeEvenShortenedIsAnError) {
  SizeLimitedStorage storage(std::make_shared<memory::MemoryRecords>(), std::nullopt, systemClock());
  std::vector<MetaInfo> records{recordOf(std::string(2 * kMaxBytes, 'i'), 1)};
  const auto saved = saveWithHistory(storage, records);
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code(), ErrorCode::TooLarge);
}

TEST(RecordHistory, OfEachStorageIsItsOwnWhenARecordIsSavedEverywhere) {
  const auto full = std::make_shared<memory::MemoryRecords>(), empty = std::make_shared<memory::MemoryRecords>();
  Faults faults;
  faults.down = true;
  using Storage = std::unique_ptr<SimpleMetaStorage>;
  const auto storageOf = [](const std::shared_ptr<memory::MemoryRecords>& records) -> Storage {
    return std::make_unique<memory::MemoryMetaStorage>(records, std::nullopt, systemClock());
  };
  std::vector<MetaInfo> first{recordOf("t", 1)};
  ASSERT_TRUE(storageOf(full)->saveMetaInfo(first));

  const auto openDown = [&]() -> Result<Storage> {
    return std::make_unique<FaultyMetaStorage>(storageOf(empty), faults);
  };
  MetaStorage storages({{.name = "down", .open = openDown},
                        {.name = "empty", .open = [&]() -> Result<Storage> { return storageOf(empty); }},
                        {.name = "full", .open = [&]() -> Result<Storage> { return storageOf(full); }}});
  auto second = recordOf("t", 1);
  second.attempt = 2;
  second.lease = 8;
  const auto saved = saveEverywhere(storages, second);
  ASSERT_FALSE(saved);
  EXPECT_TRUE(saved.error().message().starts_with("meta storage down: ")) << saved.error().message();
  EXPECT_FALSE(storageOf(empty)->loadMetaInfoById("t")->contains("history"));
  EXPECT_EQ(storageOf(full)->loadMetaInfoById("t")->at("history").size(), 1u);
}

// A log of that many bytes.
std::string logOfBytes(std::size_t bytes) {
  std::string log;
  while (log.size() < bytes) log += "1795462346.667348 info a line of the log\n";
  return log;
}

TEST(RecordHistory, KeepsTheLogsOfEarlierAttemptsTheNewestWhole) {
  memory::MemoryMetaStorage storage(std::make_shared<memory::MemoryRecords>(), std::nullopt, systemClock());
  for (int attempt = 1; attempt <= 4; ++attempt) {
    auto record = recordOf("t", 1);
    record.attempt = attempt;
    record.lease = static_cast<std::uint64_t>(attempt);
    record.log = logOfBytes(40'000);
    ASSERT_TRUE(saveWithHistory(storage, {&record, 1}));
  }
  const auto record = *storage.loadMetaInfoById("t");
  EXPECT_EQ(record.at("taskLog"), logOfBytes(40'000));
  const auto& history = record.at("history");
  ASSERT_EQ(history.size(), 3u);
  EXPECT_EQ(history.at(2).at("taskLog"), logOfBytes(40'000));
  const auto older = history.at(1).at("taskLog").get<std::string>();
  EXPECT_LE(older.size() + 40'000, 64u * 1024);
  EXPECT_GT(older.size(), 20'000u) << "it has the space that is left";
  EXPECT_NE(older.find(" left-out "), std::string::npos);
  EXPECT_THAT(history.at(0).at("taskLog").get<std::string>(), ::testing::HasSubstr(" left-out 976 "))
      << "its lines are counted";
}

TEST(RecordHistory, ALogThatIsTooLargeForTheStorageIsLeftOut) {
  SizeLimitedStorage storage(std::make_shared<memory::MemoryRecords>(), std::nullopt, systemClock());
  auto record = recordOf("t", 1);
  record.log = logOfBytes(2 * kMaxBytes);
  record.history.push_back({.attempt = 1, .log = logOfBytes(2 * kMaxBytes)});
  ASSERT_TRUE(saveWithHistory(storage, {&record, 1}));
  EXPECT_LT(storage.loadMetaInfoById("t")->at("taskLog").get<std::string>().size(), 64u) << "how many lines it had";
}

}  // namespace
}  // namespace leptir::settlement
