#include "base/private_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"

namespace leptir::base {
namespace {

using ::testing::HasSubstr;

TEST(PrivateFile, IsCreatedForItsOwnerAloneWhateverTheUmask) {
  const TempDir folder;
  for (const mode_t mask : {0, 022, 0277}) {
    const Umask umask(mask);
    const auto file = folder / ("umask-" + std::to_string(mask));
    ASSERT_TRUE(openPrivateFile(file, O_WRONLY | O_CREAT));
    EXPECT_EQ(modeOf(file), 0600u) << mask;
  }
}

TEST(PrivateFile, KeepsTheRightsOfAnExistingFile) {
  const TempDir folder;
  const auto file = folder.write("a", "text");
  ::chmod(file.c_str(), 0660);
  ASSERT_TRUE(openPrivateFile(file, O_WRONLY | O_CREAT));
  EXPECT_EQ(modeOf(file), 0660u);
  EXPECT_EQ(readWholeFile(file), "text");
}

TEST(PrivateFile, IsNotOpenedThroughASymbolicLink) {
  const TempDir folder;
  const auto target = folder / "target";
  std::filesystem::create_symlink(target, folder / "link");
  const auto dangling = openPrivateFile(folder / "link", O_WRONLY | O_CREAT);
  ASSERT_FALSE(dangling);
  EXPECT_EQ(dangling.error(), Error(ErrorCode::Invalid, "is a symbolic link: name the file itself"));
  EXPECT_FALSE(std::filesystem::exists(target));
  folder.write("target", "text");
  EXPECT_FALSE(openPrivateFile(folder / "link", O_WRONLY | O_CREAT));
}

TEST(PrivateFile, AnswersNotFoundWhenItIsMissing) {
  const TempDir folder;
  EXPECT_EQ(openPrivateFile(folder / "none", O_RDONLY).error().code(), ErrorCode::NotFound);
}

TEST(PrivateFile, RefusesAnotherOwnerAndNamesThatUser) {
  struct stat info{};
  info.st_uid = 54321;
  const auto checked = checkOwner(info);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message(), HasSubstr("belongs to user 54321, and leptir runs as user "));
  info.st_uid = ::geteuid();
  EXPECT_TRUE(checkOwner(info));
  info.st_uid = 0;
  EXPECT_TRUE(checkOwner(info)) << "root may do anything anyway";
}

TEST(PrivateFolder, IsCreatedForItsOwnerAlone) {
  const TempDir folder;
  const Umask umask(022);
  ASSERT_TRUE(makePrivateFolder(folder / "a/b"));
  EXPECT_EQ(modeOf(folder / "a/b"), 0700u);
  EXPECT_EQ(modeOf(folder / "a"), 0700u) << "missing folders above it are created in the same way";
  ::chmod((folder / "a/b").c_str(), 0750);
  ASSERT_TRUE(makePrivateFolder(folder / "a/b"));
  EXPECT_EQ(modeOf(folder / "a/b"), 0750u) << "an existing folder keeps its permissions";
}

TEST(PrivateFolder, IsCreatedForItsOwnerAloneWhateverTheUmask) {
  const TempDir folder;
  const Umask umask(0777);
  ASSERT_TRUE(makePrivateFolder(folder / "a/b"));
  EXPECT_EQ(modeOf(folder / "a"), 0700u);
  EXPECT_EQ(modeOf(folder / "a/b"), 0700u);
}

TEST(PrivateFolder, IsRefusedWhereAFileIsInTheWay) {
  const TempDir folder;
  folder.write("file", "");
  EXPECT_FALSE(makePrivateFolder(folder / "file"));
  EXPECT_FALSE(makePrivateFolder(folder / "file/below"));
}

}  // namespace
}  // namespace leptir::base
