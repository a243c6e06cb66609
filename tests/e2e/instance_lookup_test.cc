// A running instance is found by commands, and a second start is refused, whatever happens to its files and to the path
// of its configuration.
#include <gmock/gmock.h>

#include <csignal>
#include <fstream>

#include "tests/e2e/installation.h"
#include "tests/support/temp_dir.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;

class InstanceLookupTest : public Installation {
 protected:
  void startAndWait() {
    instance = start();
    waitUntilRunning();
  }
  fs::path stateFile(const std::string& ending) const {
    for (const auto& entry : fs::directory_iterator(folder / "state/leptir")) {
      if (entry.path().extension() == ending) return entry.path();
    }
    ADD_FAILURE() << "no " << ending;
    return {};
  }
  void expectFound() {
    EXPECT_THAT(leptir({"status"}).out, HasSubstr(" as " + std::to_string(instance->pid())));
    const auto second = leptir({"start"});
    EXPECT_EQ(second.exit, 1);
    EXPECT_THAT(second.out, HasSubstr("already flying on this box. (pid " + std::to_string(instance->pid())));
  }
  void expectStopped() {
    EXPECT_EQ(leptir({"stop"}).exit, 0);
    EXPECT_EQ(instance->waitForExit(), 0);
  }

  std::unique_ptr<StartedInstance> instance;
};

TEST_F(InstanceLookupTest, AnInstanceMakesDeletedFilesAgain) {
  startAndWait();
  const auto pidFile = stateFile(".pid"), alias = stateFile(".alias"), board = stateFile(".board");
  for (const auto& file : {pidFile, alias, board}) {
    fs::remove(file);
    expectFound();
    EXPECT_TRUE(eventually([&] { return fs::exists(file); })) << file;
  }
  fs::remove_all(folder / "state/leptir");
  EXPECT_TRUE(eventually([&] { return fs::exists(pidFile) && fs::exists(alias) && fs::exists(board); }));
  EXPECT_THAT(instance->output(), HasSubstr("was missing or changed; it is made anew"));
  expectFound();
  EXPECT_THAT(run({"status", "--all"}).out, HasSubstr(std::to_string(instance->pid())));
  expectStopped();
  EXPECT_TRUE(fs::is_empty(folder / "state/leptir"));
}

TEST_F(InstanceLookupTest, ATruncatedStatusBoardCrashesNoProcess) {
  startAndWait();
  const auto before = workerPids();
  fs::resize_file(stateFile(".board"), 0);
  push({"noop"});
  EXPECT_TRUE(eventually([&] {
    const auto shown = status().at("instance");
    return shown.is_object() && shown.at("ready") == true && shown.at("done") == 1;
  })) << instance->output();
  EXPECT_EQ(workerPids(), before);
  expectStopped();
}

TEST_F(InstanceLookupTest, AStoppedMasterWithoutItsPidFileIsFoundByItsStatusBoard) {
  startAndWait();
  instance->signal(SIGSTOP);
  fs::remove(stateFile(".pid"));
  expectFound();
  EXPECT_THAT(run({"status", "--all"}).out, HasSubstr(std::to_string(instance->pid())));
  EXPECT_EQ(leptir({"stop", "--timeout=0"}).exit, 1) << "the stopped master is found and signalled";
  instance->signal(SIGCONT);
  EXPECT_EQ(instance->waitForExit(), 0);
}

// --- the path of the configuration

TEST_F(InstanceLookupTest, AnInstanceIsFoundByARelativePathWhoseFileIsGone) {
  const auto before = fs::current_path();
  fs::current_path(folder);
  config = "leptir.yaml";
  startAndWait();
  fs::remove(config);
  EXPECT_THAT(leptir({"status"}).out, HasSubstr(" as " + std::to_string(instance->pid())));
  expectStopped();
  fs::current_path(before);
}

TEST_F(InstanceLookupTest, AnInstanceIsFoundByALinkWhoseTargetIsGone) {
  fs::create_directories(folder / "rel/1");
  fs::rename(config, folder / "rel/1/leptir.yaml");
  fs::create_symlink("rel/1", folder / "current");
  config = folder / "current/leptir.yaml";
  startAndWait();
  fs::remove_all(folder / "rel/1");
  EXPECT_THAT(leptir({"status"}).out, HasSubstr(" as " + std::to_string(instance->pid())));
  expectStopped();
}

TEST_F(InstanceLookupTest, AnInstanceIsFoundByAPathThatBecameALink) {
  startAndWait();
  fs::rename(config, folder / "real.yaml");
  fs::create_symlink("real.yaml", config);
  expectFound();
  expectStopped();
}

// --- what check reports about a start

TEST_F(InstanceLookupTest, CheckReportsThatThePidFileCannotBeMade) {
  std::ofstream(folder / "file") << "";
  ::setenv("XDG_STATE_HOME", (folder / "file").c_str(), 1);
  const auto check = leptir({"check"}), started = leptir({"start"});
  ::setenv("XDG_STATE_HOME", (folder / "state").c_str(), 1);
  EXPECT_EQ(check.exit, started.exit);
  EXPECT_EQ(check.exit, 1);
  EXPECT_THAT(check.out, HasSubstr("start: folder " + (folder / "file").string()));
}

TEST_F(InstanceLookupTest, CheckReportsTooFewDescriptors) {
  writeConfig(
      "leptir: { brokers: [ { type: sqlite, connection: { path: leptir.db } } ],"
      " daemon: { configuration: { number_of_workers: 500 } } }");
  const auto limited = [&](const std::string& command) {
    const auto line = "ulimit -n 100; exec " + program + " " + command + " --config=" + config.string() + " >" +
                      (folder / "out").string() + " 2>&1";
    return WEXITSTATUS(std::system(line.c_str()));
  };
  EXPECT_EQ(limited("check"), 78);
  EXPECT_THAT(readWholeFile(folder / "out"), HasSubstr("start: this configuration needs 20"));
  EXPECT_EQ(limited("start"), 78);
}

}  // namespace
}  // namespace leptir::e2e
