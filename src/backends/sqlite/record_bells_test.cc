#include "backends/sqlite/record_bells.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/unique_fd.h"
#include "tests/support/child.h"
#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"

namespace leptir::sqlite {
namespace {

using namespace std::chrono_literals;

class RecordBells : public testing::Test {
 protected:
  std::unique_ptr<RecordWatch> watch() { return std::move(SqliteRecordWatch::begin(folder.path())).value(); }
  bool isFolderThere() const { return std::filesystem::exists(recordBellsFolder(folder.path())); }

  TempDir folder;
  RecordBellRinger ringer{folder.path()};
  Wake wake;
};

TEST_F(RecordBells, WithoutAWaitingProcessThereIsNoFolder) {
  ringer.ring();
  EXPECT_FALSE(isFolderThere());
  watch();
  EXPECT_FALSE(isFolderThere()) << "the last one that waits removes it";
}

TEST_F(RecordBells, AProcessThatWasKilledLeavesNothingAfterTheNextRing) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const auto child = startChild([&] {
    const auto watching = watch();
    static_cast<void>(!::write(ready[1], "r", 1));
    ::pause();
    return true;
  });
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  killChild(child);
  ::close(ready[0]), ::close(ready[1]);
  EXPECT_TRUE(isFolderThere());
  ringer.ring();
  EXPECT_FALSE(isFolderThere());
}

TEST_F(RecordBells, ARingDoesNotRemoveTheFolderOfAProcessThatWaits) {
  const auto watching = watch();
  ringer.ring();
  ringer.ring();
  EXPECT_TRUE(watching->wait(60s, wake)->hasUnknownIds);
  ringer.ring();
  EXPECT_TRUE(watching->wait(60s, wake)->hasUnknownIds);
}

TEST_F(RecordBells, ASuspendedWatchLeavesNoFolderAndRegistersAgain) {
  const auto watching = watch();
  watching->suspend();
  EXPECT_FALSE(isFolderThere());
  EXPECT_TRUE(watching->wait(60s, wake)->hasUnknownIds) << "records may have been saved meanwhile";
  EXPECT_TRUE(isFolderThere());
  EXPECT_FALSE(watching->wait(0s, wake)->hasUnknownIds);
}

TEST_F(RecordBells, ProcessesThatComeAndGoDoNotDisturbOneAnother) {
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      RecordBellRinger own(folder.path());
      for (int round = 0; round < 300; ++round) {
        const auto watching = SqliteRecordWatch::begin(folder.path());
        failed += !watching;
        own.ring();
        Wake never;
        failed += watching && !(*watching)->wait(60s, never)->hasUnknownIds;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_FALSE(isFolderThere());
}

TEST_F(RecordBells, WhoMayUseTheFolderAboveMayRing) {
  ::chmod(folder.path().c_str(), 0770);
  const auto watching = watch();
  EXPECT_EQ(modeOf(recordBellsFolder(folder.path())), 0770u);
}

TEST_F(RecordBells, AFolderThatIsNotThereIsUnavailable) {
  EXPECT_EQ(SqliteRecordWatch::begin(folder / "none").error().code(), ErrorCode::Unavailable);
}

}  // namespace
}  // namespace leptir::sqlite
