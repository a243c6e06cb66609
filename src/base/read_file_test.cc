#include "base/read_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_dir.h"

namespace leptir::base {
namespace {

TEST(ReadFile, ReadsTheWholeFile) {
  TempDir folder;
  const std::string text(200'000, 'x');
  const auto read = readFile(folder.write("a", text), 200'000);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->text, text);
  EXPECT_TRUE(S_ISREG(read->info.st_mode));
}

TEST(ReadFile, RefusesAFileLargerThanTheLimit) {
  TempDir folder;
  const auto file = folder.write("a", "12345");
  EXPECT_TRUE(readFile(file, 5));
  EXPECT_EQ(readFile(file, 4).error().code(), ErrorCode::TooLarge);
  EXPECT_EQ(readFile("/proc/self/maps", 10).error().code(), ErrorCode::TooLarge);  // its reported size is 0
}

TEST(ReadFile, NamesAMissingFile) {
  TempDir folder;
  const auto read = readFile(folder / "none", 10);
  EXPECT_EQ(read.error().code(), ErrorCode::NotFound);
  EXPECT_EQ(read.error().message(), (folder / "none").string() + ": no such file or directory");
}

TEST(ReadFile, RefusesFoldersPipesAndDevices) {
  TempDir folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(readFile(folder.path(), 10).error().message(), folder.path().string() + ": is a folder, not a file");
  EXPECT_EQ(readFile(folder / "pipe", 10).error().message(), (folder / "pipe").string() + ": is no ordinary file");
  EXPECT_EQ(readFile("/dev/zero", 10).error().code(), ErrorCode::Invalid);
}

}  // namespace
}  // namespace leptir::base
