#include "config/state_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/support/temp_dir.h"

namespace leptir {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::MatchesRegex;

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
bool asOrdinaryUser(bool (*check)()) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit((::geteuid() != 0 || ::seteuid(12345) == 0) && check() ? 0 : 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Config configAt(const fs::path& file) {
  Config config;
  config.file = file;
  return config;
}

TEST_F(StatePaths, LieWhereXdgSays) {
  set("XDG_STATE_HOME", "/state");
  EXPECT_EQ(*stateFolder(), "/state/leptir");
  EXPECT_EQ(*runFolder(), "/state/leptir");
  EXPECT_EQ(*defaultDatabase(), "/state/leptir/leptir.db");
  EXPECT_EQ(*pidFileFor(Config()), "/state/leptir/default.pid");
}

TEST_F(StatePaths, LieInTheHomeOfAnOrdinaryUser) {
  set("XDG_STATE_HOME", "relative: means nothing");
  set("HOME", "/home/ana");
  EXPECT_TRUE(asOrdinaryUser([] { return *stateFolder() == "/home/ana/.local/state/leptir"; }));
  EXPECT_TRUE(asOrdinaryUser([] { return *runFolder() == "/home/ana/.local/state/leptir"; }));
}

TEST_F(StatePaths, SayWhatToSetWhenThereIsNoHome) {
  set("XDG_STATE_HOME", {});
  set("HOME", {});
  EXPECT_TRUE(asOrdinaryUser([] {
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

TEST_F(StatePaths, KeepAnInstanceFromVersionToVersion) {
  EXPECT_EQ(instanceKey(configAt("/none/leptir.yaml")), "a3453457bf90f9be");
}

TEST_F(StatePaths, PutTheStatusBoardBesideThePidFile) {
  EXPECT_EQ(statusBoardBeside("/run/leptir/default.pid"), "/run/leptir/default.board");
  EXPECT_EQ(statusBoardBeside("/tmp/mine"), "/tmp/mine.board");
  EXPECT_EQ(statusBoardBeside("/tmp/mine.lock"), "/tmp/mine.lock.board");
}

TEST_F(StatePaths, MakeFoldersThatOnlyTheirOwnerMayEnter) {
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

TEST_F(StatePaths, SayThatTheirFolderCannotBeWritten) {
  static TempDir folder;
  ::chmod(folder.path().c_str(), 0555);
  EXPECT_TRUE(asOrdinaryUser([] {
    const auto here = checkFolderFor(folder / "x.pid"), below = checkFolderFor(folder / "leptir/x.pid");
    return !here && !below && below.error().message().find("make it, or set XDG_STATE_HOME") != std::string::npos;
  }));
  ::chmod(folder.path().c_str(), 0755);
}

}  // namespace
}  // namespace leptir
