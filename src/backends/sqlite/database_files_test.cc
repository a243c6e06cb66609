#include "backends/sqlite/database_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/unique_fd.h"
#include "tests/support/temp_dir.h"

namespace leptir::sqlite {
namespace {

using State = DatabaseFiles::State;

struct ThreeFiles {
  ThreeFiles() {
    for (const auto* suffix : {"", "-wal", "-shm"}) {
      const auto file = folder.write("a.db" + std::string(suffix), "text");
      descriptors.emplace_back(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    }
  }
  Result<DatabaseFiles> noted() const { return DatabaseFiles::note(database, DatabaseFiles::WalFiles::Present); }

  TempDir folder;
  std::filesystem::path database = folder / "a.db";
  std::vector<base::UniqueFd> descriptors;
};

TEST(DatabaseFiles, AreAsOpenedWhileThePathsNameTheSameFiles) {
  ThreeFiles files;
  const auto noted = files.noted();
  ASSERT_TRUE(noted);
  EXPECT_EQ(noted->check(), State::AsOpened);
  std::filesystem::resize_file(files.folder / "a.db-wal", 0);
  EXPECT_EQ(noted->check(), State::AsOpened) << "an empty -wal is normal";
  std::filesystem::resize_file(files.database, 0);
  EXPECT_EQ(noted->check(), State::Emptied);
}

TEST(DatabaseFiles, AreReplacedWhenOneIsMissingOrAnotherFileHasItsPath) {
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    ThreeFiles files;
    const auto noted = files.noted();
    ASSERT_TRUE(noted);
    std::filesystem::remove(files.database.string() + suffix);
    EXPECT_EQ(noted->check(), State::Replaced) << suffix;
    files.folder.write("a.db" + std::string(suffix), "text");
    EXPECT_EQ(noted->check(), State::Replaced) << suffix;
  }
}

TEST(DatabaseFiles, CannotBeNotedWhenThisProcessDoesNotHaveThemOpen) {
  ThreeFiles files;
  files.descriptors.pop_back();
  EXPECT_EQ(files.noted().error().code(), ErrorCode::Unavailable);
}

TEST(DatabaseFiles, WithoutAWriteAheadLogAreOnlyTheDatabase) {
  ThreeFiles files;
  std::filesystem::resize_file(files.database, 0);
  const auto noted = DatabaseFiles::note(files.database, DatabaseFiles::WalFiles::Absent);
  std::filesystem::remove(files.database.string() + "-wal");
  EXPECT_EQ(noted->check(), State::AsOpened) << "the database was empty when it was noted";
}

}  // namespace
}  // namespace leptir::sqlite
