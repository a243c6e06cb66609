#include "cli/replace_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "base/unique_fd.h"
#include "tests/support/temp_dir.h"

namespace leptir::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ReplaceFile : public ::testing::Test {
 protected:
  static std::string textOf(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }
  static struct stat infoOf(const fs::path& file) {
    struct stat info{};
    EXPECT_EQ(::lstat(file.c_str(), &info), 0) << file;
    return info;
  }
  std::size_t filesInFolder() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(temp_.path()), {}));
  }

  const TempDir temp_;
  const fs::path file_ = temp_.path() / "leptir.prom";
};

TEST_F(ReplaceFile, MakesAFileThatAllUsersMayRead) {
  ASSERT_TRUE(replaceFile(file_, "new"));
  EXPECT_EQ(textOf(file_), "new");
  EXPECT_EQ(infoOf(file_).st_mode & 0777, 0644u);
  EXPECT_EQ(filesInFolder(), 1u);
}

TEST_F(ReplaceFile, KeepsThePermissionsOfAFile) {
  std::ofstream(file_) << "old";
  ::chmod(file_.c_str(), 0600);
  const auto before = infoOf(file_);
  ASSERT_TRUE(replaceFile(file_, "new"));
  EXPECT_EQ(textOf(file_), "new");
  EXPECT_EQ(infoOf(file_).st_mode & 0777, 0600u);
  EXPECT_NE(infoOf(file_).st_ino, before.st_ino) << "readers of the old file keep the old content";
}

TEST_F(ReplaceFile, KeepsTheOwnerOfAFileWhereRootReplacesIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may give a file away";
  std::ofstream(file_) << "old";
  ASSERT_EQ(::chown(file_.c_str(), 4711, 4712), 0);
  ::chmod(file_.c_str(), 0640);
  ASSERT_TRUE(replaceFile(file_, "new"));
  EXPECT_EQ(infoOf(file_).st_uid, 4711u);
  EXPECT_EQ(infoOf(file_).st_gid, 4712u);
  EXPECT_EQ(infoOf(file_).st_mode & 0777, 0640u);
}

TEST_F(ReplaceFile, ReplacesWhatASymbolicLinkLeadsTo) {
  fs::create_directory(temp_.path() / "far");
  std::ofstream(temp_.path() / "far" / "target") << "old";
  fs::create_symlink("far/target", temp_.path() / "second");
  fs::create_symlink("second", file_);
  ASSERT_TRUE(replaceFile(file_, "new"));
  EXPECT_TRUE(fs::is_symlink(file_));
  EXPECT_EQ(textOf(temp_.path() / "far" / "target"), "new");
}

TEST_F(ReplaceFile, MakesTheFileOfALinkThatLeadsNowhere) {
  fs::create_symlink("target", file_);
  ASSERT_TRUE(replaceFile(file_, "new"));
  EXPECT_TRUE(fs::is_symlink(file_));
  EXPECT_EQ(textOf(temp_.path() / "target"), "new");
}

TEST_F(ReplaceFile, RefusesLinksThatLeadToEachOther) {
  fs::create_symlink("second", file_);
  fs::create_symlink("leptir.prom", temp_.path() / "second");
  EXPECT_THAT(replaceFile(file_, "new").error().message(), HasSubstr("symbolic links"));
}

TEST_F(ReplaceFile, WritesIntoANamedPipe) {
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  const base::UniqueFd reader(::open(file_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  ASSERT_TRUE(replaceFile(file_, "new"));
  EXPECT_TRUE(S_ISFIFO(infoOf(file_).st_mode));
  char text[8] = {};
  EXPECT_EQ(::read(reader.get(), text, sizeof text), 3);
  EXPECT_STREQ(text, "new");
}

TEST_F(ReplaceFile, DoesNotWaitForTheReaderOfANamedPipe) {
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  EXPECT_THAT(replaceFile(file_, "new").error().message(), HasSubstr("no process reads it"));
  EXPECT_TRUE(S_ISFIFO(infoOf(file_).st_mode));
}

// A device of its own: those of the machine are not put at risk.
TEST_F(ReplaceFile, WritesToADevice) {
  constexpr int kMemoryDevices = 1, kFull = 7;
  if (::mknod(file_.c_str(), S_IFCHR | 0600, makedev(kMemoryDevices, kFull)) != 0)
    GTEST_SKIP() << "this user makes no devices";
  const base::UniqueFd opened(::open(file_.c_str(), O_WRONLY | O_CLOEXEC));
  if (!opened) GTEST_SKIP() << "devices in this folder cannot be opened";
  EXPECT_THAT(replaceFile(file_, "new").error().message(), HasSubstr("no space left"));
  EXPECT_TRUE(S_ISCHR(infoOf(file_).st_mode));
  EXPECT_EQ(filesInFolder(), 1u);
}

TEST_F(ReplaceFile, AddsToTheFileThatADescriptorHasOpen) {
  std::ofstream(file_) << "old ";
  const base::UniqueFd opened(::open(file_.c_str(), O_WRONLY | O_CLOEXEC));
  fs::create_symlink("/proc/self/fd/" + std::to_string(opened.get()), temp_.path() / "stdout");
  const auto before = infoOf(file_);
  ASSERT_TRUE(replaceFile(temp_.path() / "stdout", "new"));
  EXPECT_EQ(textOf(file_), "old new");
  EXPECT_EQ(infoOf(file_).st_ino, before.st_ino);
}

TEST_F(ReplaceFile, RefusesAFolder) {
  fs::create_directory(file_);
  EXPECT_THAT(replaceFile(file_, "new").error().message(), HasSubstr("irectory"));
}

}  // namespace
}  // namespace leptir::cli
