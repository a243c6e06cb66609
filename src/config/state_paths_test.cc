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

TEST_F(StatePaths, HaveAnAliasForAPathThatLeadsThroughALink) {
  TempDir folder;
  const auto file = fs::canonical(folder.write("leptir.yaml", ""));
  fs::create_symlink(file, folder / "link.yaml");
  EXPECT_EQ(*aliasFileFor(Config()), "");
  EXPECT_EQ(*aliasFileFor(configAt(file)), "");
  EXPECT_THAT(aliasFileFor(configAt(folder / "link.yaml"))->filename().string(), MatchesRegex("[0-9a-f]{16}\\.alias"));
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

}  // namespace
}  // namespace leptir
