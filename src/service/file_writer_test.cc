#include "service/file_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"

namespace leptir::service {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FileWriter : public testing::Test {
 protected:
  std::vector<InstalledFile> files(const std::string& text) const {
    return {{"/etc/systemd/system/mail.service", text}, {"/etc/init.d/mail", "#!/bin/sh\n", 0755}};
  }
  fs::path unit() const { return root / "etc/systemd/system/mail.service"; }
  const TempDir root;
};

TEST_F(FileWriter, WritesBelowTheRootWithTheModeOfEachFile) {
  const Umask narrow(0077);
  const auto written = writeFiles(root.path(), files("[Unit]\n"), Existing::Refuse);
  ASSERT_TRUE(written) << written.error().message();
  EXPECT_THAT(*written, ElementsAre(Written::New, Written::New));
  EXPECT_EQ(readWholeFile(unit()), "[Unit]\n");
  EXPECT_EQ(modeOf(unit()), 0644u);
  EXPECT_EQ(modeOf(root / "etc/init.d/mail"), 0755u);
}

TEST_F(FileWriter, LeavesFilesOfTheSameContentAlone) {
  ASSERT_TRUE(writeFiles(root.path(), files("[Unit]\n"), Existing::Refuse));
  const auto before = fs::last_write_time(unit());
  const auto again = writeFiles(root.path(), files("[Unit]\n"), Existing::Refuse);
  ASSERT_TRUE(again);
  EXPECT_THAT(*again, ElementsAre(Written::Unchanged, Written::Unchanged));
  EXPECT_EQ(fs::last_write_time(unit()), before);
}

TEST_F(FileWriter, WritesNothingWhenAFileDiffers) {
  fs::create_directories(root / "etc/init.d");
  std::ofstream(root / "etc/init.d/mail") << "another script\n";
  const auto refused = writeFiles(root.path(), files("[Unit]\n"), Existing::Refuse);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Lost);
  EXPECT_EQ(refused.error().message(),
            (root / "etc/init.d/mail").string() +
                ": is there already and differs: look at it, then use --force to replace it");
  EXPECT_FALSE(fs::exists(unit()));
  EXPECT_TRUE(writeFiles(root.path(), files("[Unit]\n"), Existing::Replace));
  EXPECT_EQ(readWholeFile(root / "etc/init.d/mail"), "#!/bin/sh\n");
}

TEST_F(FileWriter, DoesNotReplaceADeviceOrAPipe) {
  fs::create_directories(unit().parent_path());
  ASSERT_EQ(::mkfifo(unit().c_str(), 0600), 0);
  for (const auto existing : {Existing::Refuse, Existing::Replace}) {
    const auto refused = writeFiles(root.path(), files("[Unit]\n"), existing);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message(), HasSubstr("remove it first"));
  }
  EXPECT_TRUE(fs::is_fifo(unit()));
}

TEST_F(FileWriter, DoesNotWriteThroughALink) {
  fs::create_directories(unit().parent_path());
  fs::create_symlink("/dev/null", unit());
  const auto refused = writeFiles(root.path(), files("[Unit]\n"), Existing::Refuse);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("is a symbolic link to /dev/null (a masked unit)"));
  ASSERT_TRUE(writeFiles(root.path(), files("[Unit]\n"), Existing::Replace));
  EXPECT_FALSE(fs::is_symlink(unit()));
}

TEST_F(FileWriter, NamesTheFolderThatItCannotMake) {
  std::ofstream(root / "etc") << "a file\n";
  const auto failed = writeFiles(root.path(), files("[Unit]\n"), Existing::Refuse);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message(), HasSubstr((root / "etc").string()));
}

}  // namespace
}  // namespace leptir::service
