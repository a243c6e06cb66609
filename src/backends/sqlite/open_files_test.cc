#include "backends/sqlite/open_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/unique_fd.h"
#include "tests/support/temp_dir.h"

namespace leptir {
namespace {

using State = OpenFiles::State;

struct ThreeFiles {
  ThreeFiles() {
    for (const auto* suffix : {"", "-wal", "-shm"}) {
      const auto file = folder.write("a.db" + std::string(suffix), "text");
      descriptors.emplace_back(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    }
  }
  Result<OpenFiles> noted() const { return OpenFiles::note(database, OpenFiles::Log::IsKept); }

  TempDir folder;
  std::filesystem::path database = folder / "a.db";
  std::vector<UniqueFd> descriptors;
};

TEST(OpenFiles, AreAsOpenedWhileEachPathNamesTheFileThatItDid) {
  ThreeFiles files;
  const auto noted = files.noted();
  ASSERT_TRUE(noted);
  EXPECT_EQ(noted->look(), State::AsOpened);
  std::filesystem::resize_file(files.folder / "a.db-wal", 0);
  EXPECT_EQ(noted->look(), State::AsOpened) << "an empty log is an ordinary one";
  std::filesystem::resize_file(files.database, 0);
  EXPECT_EQ(noted->look(), State::Emptied);
}

TEST(OpenFiles, AreReplacedWhenOneIsMissingOrAnother) {
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    ThreeFiles files;
    const auto noted = files.noted();
    ASSERT_TRUE(noted);
    std::filesystem::remove(files.database.string() + suffix);
    EXPECT_EQ(noted->look(), State::Replaced) << suffix;
    files.folder.write("a.db" + std::string(suffix), "text");
    EXPECT_EQ(noted->look(), State::Replaced) << suffix;
  }
}

TEST(OpenFiles, AreNotNotedWhenThePathNamesAFileThatIsNotOpenHere) {
  ThreeFiles files;
  files.descriptors.pop_back();
  EXPECT_EQ(files.noted().error().code(), ErrorCode::Unavailable);
}

TEST(OpenFiles, OfADatabaseWithoutALogAreTheDatabaseAlone) {
  ThreeFiles files;
  std::filesystem::resize_file(files.database, 0);
  const auto noted = OpenFiles::note(files.database, OpenFiles::Log::IsUnused);
  std::filesystem::remove(files.database.string() + "-wal");
  EXPECT_EQ(noted->look(), State::AsOpened) << "it was empty before";
}

}  // namespace
}  // namespace leptir
