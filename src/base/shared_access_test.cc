#include "base/shared_access.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

#include "base/private_file.h"
#include "base/unique_fd.h"
#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"

namespace leptir::base {
namespace {

namespace fs = std::filesystem;

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

class ShareNewSocketFile : public ::testing::Test {
 protected:
  ShareNewSocketFile() {
    ::mkdir((folder / "shared").c_str(), 0770);
    ::chmod((folder / "shared").c_str(), 0770);
  }
  void makeSocket() const {
    const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto path = (folder / "shared" / "bell").string();
    ASSERT_LT(path.size(), sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  void share() const {
    const UniqueFd opened(::open((folder / "shared").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    shareNewSocketFile(opened.get(), "bell");
  }

  const TempDir folder;
};

TEST_F(ShareNewSocketFile, GivesTheGroupOfTheFolderTheRightsThatItHasThere) {
  makeSocket();
  share();
  EXPECT_EQ(modeOf(folder / "shared/bell"), 0660u);
  ::chmod((folder / "shared").c_str(), 0700);
  share();
  EXPECT_EQ(modeOf(folder / "shared/bell"), 0600u);
}

TEST_F(ShareNewSocketFile, GivesASocketThatRootMadeToTheOwnerOfTheFolder) {
  LEPTIR_NEEDS_ROOT();
  giveTo(kOtherUser, folder / "shared");
  makeSocket();
  share();
  EXPECT_EQ(ownerOf(folder / "shared/bell"), kOtherUser);
}

TEST_F(ShareNewSocketFile, LeavesTheTargetOfALinkAloneThatTookThePlaceOfTheSocket) {
  const auto secret = folder / "secret";
  std::ofstream(secret) << "for its owner alone";
  ::chmod(secret.c_str(), 0400);
  fs::create_symlink(secret, folder / "shared/bell");
  share();
  EXPECT_EQ(modeOf(secret), 0400u);
}

TEST_F(ShareNewSocketFile, LeavesAFileAloneThatTookThePlaceOfTheSocket) {
  LEPTIR_NEEDS_ROOT();
  giveTo(kOtherUser, folder / "shared");
  const auto secret = folder / "secret";
  std::ofstream(secret) << "for its owner alone";
  fs::create_hard_link(secret, folder / "shared/bell");
  share();
  EXPECT_EQ(ownerOf(secret), 0u);
}

}  // namespace
}  // namespace leptir::base
