#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "config/config_reader.h"
#include "leptir/config.h"
#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"

namespace leptir::config {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kGood = "brokers: [{type: memory}]\n";

std::filesystem::path writeGood(const TempDir& folder, mode_t mode) {
  const auto file = folder.write("leptir.yaml", kGood);
  ::chmod(file.c_str(), mode);
  return file;
}

TEST(LoadConfig, ReadsAFile) {
  TempDir folder;
  const auto read = loadConfig(writeGood(folder, 0644));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->brokers[0].type, "memory");
  EXPECT_EQ(read->file, folder / "leptir.yaml");
}

TEST(LoadConfig, NamesAMissingFile) {
  const auto read = loadConfig("/none/leptir.yaml");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::NotFound);
  EXPECT_EQ(read.error().message(), "/none/leptir.yaml: no such file or directory");
}

TEST(LoadConfig, RefusesAFileThatEveryUserMayWrite) {
  TempDir folder;
  const auto read = loadConfig(writeGood(folder, 0666));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(read.error().message(),
              HasSubstr("every user of this machine may write it, and could make leptir run any program: chmod o-w "));
}

TEST(LoadConfig, RefusesAFileOfAnotherUser) {
  LEPTIR_NEEDS_ROOT();
  TempDir folder;
  const auto file = writeGood(folder, 0644);
  giveTo(54321, file);
  const auto read = loadConfig(file);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::Invalid);
  EXPECT_EQ(read.error().message(),
            file.string() +
                ": belongs to user 54321, who could make leptir run any program as user root: give it to root or to "
                "the user that leptir runs as (chown), or run leptir as its owner");
}

TEST(LoadConfig, AcceptsAFileOfRootForEveryUser) {
  LEPTIR_NEEDS_ROOT();
  TempDir folder;
  const auto file = writeGood(folder, 0644);
  ::chmod(folder.path().c_str(), 0755);
  EXPECT_TRUE(asUser(kOtherUser, [&] { return loadConfig(file).has_value(); }));
}

TEST(LoadConfig, ChecksTheOwnerOfTheFileBehindALink) {
  LEPTIR_NEEDS_ROOT();
  TempDir folder;
  const auto file = writeGood(folder, 0644);
  const auto link = folder / "current.yaml";
  std::filesystem::create_symlink(file, link);
  giveTo(54321, link);
  EXPECT_TRUE(loadConfig(link)) << "current -> releases/2, as deployments have it";
  giveTo(54321, file);
  EXPECT_FALSE(loadConfig(link));
}

TEST(LoadConfig, RefusesFoldersAndPipes) {
  TempDir folder;
  EXPECT_THAT(loadConfig(folder.path()).error().message(), HasSubstr("is a folder, not a file"));
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(loadConfig(folder / "pipe").error().message(), HasSubstr("is no ordinary file"));
}

TEST(LoadConfig, RefusesAHugeFileWithoutReadingIt) {
  TempDir folder;
  const auto file = folder.write("leptir.yaml", "");
  ASSERT_EQ(::truncate(file.c_str(), off_t{1} << 30), 0);
  const auto read = loadConfig(file);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::TooLarge);
}

TEST(LoadConfig, ReportsErrorsWithTheFilesName) {
  TempDir folder;
  const auto file = folder.write("leptir.yaml", "brokers: [{type: memory}]\nlogger: {}\n");
  EXPECT_EQ(loadConfig(file).error().message(), file.string() + ":2: unknown key 'logger': did you mean 'loggers'?");
}

}  // namespace
}  // namespace leptir::config
