#include "base/shared_access.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/private_file.h"
#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"

namespace leptir::base {
namespace {

TEST(CopyOwnerAndGroupAccess, GivesAFileThatRootCreatedTheOwnerOfTheModel) {
  LEPTIR_NEEDS_ROOT();
  const TempDir folder;
  const auto file = openPrivateFile(folder / "a", O_WRONLY | O_CREAT);
  struct stat model{};
  model.st_uid = kOtherUser;
  model.st_gid = kSharedGroup;
  model.st_mode = S_IFREG | 0660;
  copyOwnerAndGroupAccess(file->get(), model);
  EXPECT_EQ(ownerOf(folder / "a"), kOtherUser);
  EXPECT_EQ(modeOf(folder / "a"), 0660u);
}

TEST(CopyGroupAccess, KeepsTheOwnerOfAFileThatRootCreated) {
  LEPTIR_NEEDS_ROOT();
  const TempDir folder;
  const auto file = openPrivateFile(folder / "a", O_WRONLY | O_CREAT);
  struct stat model{};
  model.st_uid = kOtherUser;
  model.st_gid = kSharedGroup;
  model.st_mode = S_IFDIR | 0770;
  copyGroupAccess(file->get(), model);
  struct stat made{};
  ASSERT_EQ(::fstat(file->get(), &made), 0);
  EXPECT_EQ(made.st_uid, ::geteuid());
  EXPECT_EQ(made.st_gid, kSharedGroup);
  EXPECT_EQ(modeOf(folder / "a"), 0660u);
}

TEST(CopyOwnerAndGroupAccess, GivesTheGroupNoAccessWhenTheModelIsPrivate) {
  const TempDir folder;
  const auto file = openPrivateFile(folder / "a", O_WRONLY | O_CREAT);
  struct stat model{};
  model.st_uid = ::geteuid();
  model.st_gid = ::getegid();
  model.st_mode = S_IFREG | 0600;
  copyOwnerAndGroupAccess(file->get(), model);
  EXPECT_EQ(modeOf(folder / "a"), 0600u);
}

}  // namespace
}  // namespace leptir::base
