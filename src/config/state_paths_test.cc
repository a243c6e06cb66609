#include "config/state_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"

namespace leptir::config {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

// Sets the two variables for one test.
class StatePaths : public testing::Test {
 protected:
  StatePaths() : home_(valueOf("HOME")), state_(valueOf("XDG_STATE_HOME")) {}
  ~StatePaths() override {
    set("HOME", home_);
    set("XDG_STATE_HOME", state_);
  }
  static std::optional<std::string> valueOf(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  }
  static void set(const char* name, const std::optional<std::string>& value) {
    value ? ::setenv(name, value->c_str(), 1) : ::unsetenv(name);
  }

 private:
  std::optional<std::string> home_, state_;
};

// Runs `check` as a user that is not root, in a process of its own; true if it answered true.
bool holdsForAnOrdinaryUser(bool (*check)()) {
  return inChild([check] { return (::geteuid() != 0 || ::seteuid(12345) == 0) && check(); });
}

// Runs `check` in a process with mounts of its own; true if it answered true. Only root can.
bool inOwnMounts(bool (*check)()) {
  return inChild([check] {
    const bool isAlone =
        ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    return isAlone && check();
  });
}

bool mayMount() {
  return inOwnMounts([] { return true; });
}

Config configAt(const fs::path& file) {
  Config config;
  config.file = file;
  return config;
}

TEST_F(StatePaths, LieBelowXdgStateHome) {
  set("XDG_STATE_HOME", "/state");
  EXPECT_EQ(*stateFolder(), "/state/leptir");
  EXPECT_EQ(*runFolder(), "/state/leptir");
  EXPECT_EQ(*defaultDatabase(), "/state/leptir/leptir.db");
  EXPECT_EQ(*pidFileFor(Config()), "/state/leptir/default.pid");
}

TEST_F(StatePaths, LieInTheHomeOfAnOrdinaryUser) {
  set("XDG_STATE_HOME", "relative: means nothing");
  set("HOME", "/home/ana");
  EXPECT_TRUE(holdsForAnOrdinaryUser([] { return *stateFolder() == "/home/ana/.local/state/leptir"; }));
  EXPECT_TRUE(holdsForAnOrdinaryUser([] { return *runFolder() == "/home/ana/.local/state/leptir"; }));
}

TEST_F(StatePaths, SayWhatToSetWhenThereIsNoHome) {
  set("XDG_STATE_HOME", {});
  set("HOME", {});
  EXPECT_TRUE(holdsForAnOrdinaryUser([] {
    const auto folder = stateFolder();
    return !folder && !pidFileFor(Config()) &&
           folder.error().message().find("set HOME or XDG_STATE_HOME") != std::string::npos;
  }));
}

TEST_F(StatePaths, TellInstancesApartByTheRealPathOfTheirFile) {
  TempDir folder;
  const auto file = folder.write("leptir.yaml", "");
  fs::create_symlink(file, folder / "link.yaml");
  EXPECT_EQ(instanceKey(Config()), "default");
  EXPECT_THAT(instanceKey(configAt(file)), MatchesRegex("[0-9a-f]{16}"));
  EXPECT_EQ(instanceKey(configAt(folder / "link.yaml")), instanceKey(configAt(file)));
  EXPECT_EQ(instanceKey(configAt(folder.path() / ".." / folder.path().filename() / "leptir.yaml")),
            instanceKey(configAt(file)));
  EXPECT_NE(instanceKey(configAt(folder / "other.yaml")), instanceKey(configAt(file)));
}

TEST_F(StatePaths, HaveAnAliasByThePathAsItWasGivenWhereverItLeads) {
  TempDir folder;
  const auto file = folder.write("leptir.yaml", ""), link = folder / "link.yaml";
  EXPECT_EQ(*aliasFileFor(Config()), "");
  const auto before = *aliasFileFor(configAt(file)), ofLink = *aliasFileFor(configAt(link));
  EXPECT_THAT(before.filename().string(), MatchesRegex("[0-9a-f]{16}\\.alias"));
  EXPECT_NE(before, ofLink);
  fs::rename(file, folder / "real.yaml");
  fs::create_symlink(folder / "real.yaml", file);
  EXPECT_EQ(*aliasFileFor(configAt(file)), before);
  fs::remove(folder / "real.yaml");
  EXPECT_EQ(*aliasFileFor(configAt(file)), before);
}

TEST_F(StatePaths, FindAnInstanceByARelativePathAlsoWhenItsFileIsGone) {
  TempDir folder;
  const auto before = fs::current_path();
  fs::current_path(folder.path());
  const auto file = folder.write("leptir.yaml", "");
  const auto key = instanceKey(configAt("leptir.yaml"));
  const auto alias = *aliasFileFor(configAt("leptir.yaml"));
  fs::remove(file);
  EXPECT_EQ(instanceKey(configAt("leptir.yaml")), key);
  EXPECT_EQ(*aliasFileFor(configAt("./leptir.yaml")), alias);
  fs::remove_all(folder.path());
  EXPECT_EQ(instanceKey(configAt("leptir.yaml")).size(), 16u) << "in a folder that is gone";
  fs::current_path(before);
}

TEST_F(StatePaths, HaveTheSameInstanceKeyInEveryVersion) {
  EXPECT_EQ(instanceKey(configAt("/none/leptir.yaml")), "a3453457bf90f9be");
}

TEST_F(StatePaths, PutTheStatusBoardBesideThePidFile) {
  EXPECT_EQ(statusBoardBeside("/run/leptir/default.pid"), "/run/leptir/default.board");
  EXPECT_EQ(statusBoardBeside("/tmp/mine"), "/tmp/mine.board");
  EXPECT_EQ(statusBoardBeside("/tmp/mine.lock"), "/tmp/mine.lock.board");
}

TEST_F(StatePaths, AreMadeInFoldersThatOnlyTheirOwnerMayEnter) {
  TempDir folder;
  const auto file = folder / "a/b/leptir/leptir.db";
  ASSERT_TRUE(makeFolderFor(file));
  ASSERT_TRUE(makeFolderFor(file));
  struct stat status{};
  ASSERT_EQ(::stat(file.parent_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST_F(StatePaths, NameTheFolderThatCannotBeMade) {
  TempDir folder;
  folder.write("file", "");
  const auto made = makeFolderFor(folder / "file/leptir/leptir.db");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(made.error().message(), HasSubstr("folder " + (folder / "file").string()));
}

TEST_F(StatePaths, AreCheckedWithoutMakingAnything) {
  TempDir folder;
  folder.write("file", "");
  EXPECT_TRUE(checkFolderFor(folder / "a/b/leptir/x.pid"));
  EXPECT_TRUE(checkFolderFor(folder / "x.pid"));
  EXPECT_FALSE(fs::exists(folder / "a"));
  const auto checked = checkFolderFor(folder / "file/leptir/x.pid");
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(checked.error().message(), HasSubstr((folder / "file/leptir").string() + ": not a directory: make it"));
  fs::create_symlink("nowhere", folder / "link");
  EXPECT_FALSE(checkFolderFor(folder / "link/x.pid"));
}

TEST_F(StatePaths, AreUnavailableWhileRightsAreMissing) {
  static TempDir folder;
  ::chmod(folder.path().c_str(), 0555);
  EXPECT_TRUE(holdsForAnOrdinaryUser([] {
    const auto made = makeFolderFor(folder / "leptir/x.pid"), checked = checkFolderFor(folder / "leptir/x.pid");
    return made.error().code() == ErrorCode::Unavailable && checked.error().code() == ErrorCode::Unavailable &&
           made.error().message().find("permission denied: make it, or set XDG_STATE_HOME") != std::string::npos;
  }));
  ::chmod(folder.path().c_str(), 0755);
}

TEST_F(StatePaths, AreUnavailableWhileSpaceIsMissing) {
  if (!mayMount()) GTEST_SKIP() << "this user may not mount a small file system here";
  static TempDir folder;
  EXPECT_TRUE(inOwnMounts([] {
    // The folder itself takes the only inode.
    if (::mount("none", folder.path().c_str(), "tmpfs", 0, "nr_inodes=1") != 0) return false;
    const auto made = makeFolderFor(folder / "leptir/x.pid");
    return made.error().code() == ErrorCode::Unavailable &&
           made.error().message().find("no space left") != std::string::npos;
  }));
}

TEST_F(StatePaths, OfAnotherUserAreRefused) {
  LEPTIR_NEEDS_ROOT();
  TempDir folder;
  set("XDG_STATE_HOME", folder.path().string());
  const auto pidFile = *pidFileFor(Config());
  ASSERT_TRUE(makeFolderFor(pidFile));
  giveTo(54321, pidFile.parent_path());
  for (const auto& refused : {makeFolderFor(pidFile), checkFolderFor(pidFile)}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::Invalid);
    EXPECT_THAT(refused.error().message(),
                HasSubstr("folder " + pidFile.parent_path().string() + ": belongs to user 54321, and leptir runs as"));
  }
  giveTo(54321, folder.path());
  giveTo(0, pidFile.parent_path());
  EXPECT_TRUE(makeFolderFor(pidFile)) << "the folders above it may belong to any user";
}

TEST_F(StatePaths, SayThatTheirFolderCannotBeWritten) {
  static TempDir folder;
  ::chmod(folder.path().c_str(), 0555);
  EXPECT_TRUE(holdsForAnOrdinaryUser([] {
    const auto here = checkFolderFor(folder / "x.pid"), below = checkFolderFor(folder / "leptir/x.pid");
    const auto says = [](const Result<void>& checked, const char* words) {
      return checked.error().message().find(words) != std::string::npos;
    };
    return !here && says(here, "denied: set XDG_STATE_HOME") && says(here, "--pid") && !below &&
           says(below, "make it, or set XDG_STATE_HOME") && says(below, "--pid");
  }));
  ::chmod(folder.path().c_str(), 0755);
}

}  // namespace
}  // namespace leptir::config
