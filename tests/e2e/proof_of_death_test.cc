// An instance counts as dead only with proof: neither damage to its files nor a lack of descriptors ends a living
// instance or gives its tasks to another one.
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "tests/e2e/database.h"
#include "tests/e2e/ledger.h"
#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"

namespace leptir::e2e {
namespace {

// With LEPTIR_TEST_LEASE=3 instances search for dead sessions every half second.
class ProofOfDeathTest : public Ledger {
 protected:
  ProofOfDeathTest() {
    ::setenv("LEPTIR_TEST_LEASE", "3", 1);
    writeConfig(defaultYaml(slowTask()));
  }
  ~ProofOfDeathTest() override { ::unsetenv("LEPTIR_TEST_LEASE"); }

  // The task `slow`: appends its id to the ledger when it begins, and ends once a file named `go` exists.
  std::string slowTask() const {
    return "  tasks: { slow: { command: [/bin/sh, -c, 'echo $LEPTIR_TASK_ID >> " + (folder / "ledger").string() +
           "; until test -e " + (folder / "go").string() + "; do sleep 0.05; done'] } }\n";
  }
  std::string pushAndStart() {
    const auto id = push({"slow"});
    instance = start();
    EXPECT_TRUE(eventually([&] { return runs().contains(id); })) << instance->output();
    return id;
  }
  void expectRunsOnceToItsEnd(const std::string& id) {
    std::ofstream(folder / "go") << "";
    EXPECT_TRUE(eventually([&] { return hasSucceeded(id); })) << instance->output();
    EXPECT_EQ(runs()[id], 1);
    instance->signal(SIGTERM);
    EXPECT_EQ(instance->waitForExit(), 0);
  }
  // Creates a second database; returns a configuration that uses it.
  fs::path makeOther() {
    auto yaml = defaultYaml();
    for (auto at = yaml.find("leptir.db"); at != std::string::npos; at = yaml.find("leptir.db")) {
      yaml.replace(at, 9, "other.db");
    }
    const auto file = writeConfig(yaml, "other.yaml");
    EXPECT_EQ(run({"push", "--config=" + file.string(), "noop"}).exit, 0);
    return file;
  }
  // Starts a second instance, with a state folder of its own.
  std::unique_ptr<StartedInstance> startAnother(const fs::path& configuration) {
    ::setenv("XDG_STATE_HOME", (folder / "other-state").c_str(), 1);
    const auto before = std::exchange(config, configuration);
    auto another = start({"--pid=" + (folder / "another.pid").string()});
    config = before;
    ::setenv("XDG_STATE_HOME", (folder / "state").c_str(), 1);
    return another;
  }
  bool says(const std::string& words) {
    return eventually([&] { return instance->output().find(words) != std::string::npos; });
  }
  fs::path locks() const { return folder / "leptir.db.d"; }
  fs::path lockFile() const {
    for (const auto& entry : fs::directory_iterator(locks())) {
      if (entry.path().extension() == ".lock") return entry.path();
    }
    return {};
  }

  std::unique_ptr<StartedInstance> instance;
};

TEST_F(ProofOfDeathTest, ADeletedLockFileIsMadeAgainAndTheTaskRunsOn) {
  const auto id = pushAndStart();
  const auto file = lockFile();
  fs::remove(file);
  EXPECT_TRUE(eventually([&] { return fs::exists(file); }));
  fs::remove_all(locks());
  EXPECT_TRUE(eventually([&] { return fs::exists(file); }));
  EXPECT_TRUE(says("was missing or replaced; it is made anew"));
  expectRunsOnceToItsEnd(id);
}

TEST_F(ProofOfDeathTest, AnInstanceWithoutFreeDescriptorsKeepsItsTasks) {
  const auto id = pushAndStart();
  const rlimit none{0, 0};
  rlimit before{};
  const auto dispatcher = dispatcherPid();
  ASSERT_EQ(::prlimit(dispatcher, RLIMIT_NOFILE, &none, &before), 0);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(2);  // four searches for dead sessions
  ASSERT_TRUE(eventually([&] { return std::chrono::steady_clock::now() > until; }));
  EXPECT_EQ(::kill(instance->pid(), 0), 0);
  ::prlimit(dispatcher, RLIMIT_NOFILE, &before, nullptr);
  expectRunsOnceToItsEnd(id);
}

TEST_F(ProofOfDeathTest, AnInstanceOnACopyOfTheDatabaseDoesNotTouchTheOriginalInstance) {
  const auto id = pushAndStart();
  const auto copy = folder / "copy.db";
  Database(folder / "leptir.db").run("VACUUM INTO '" + copy.string() + "'");
  auto yaml = defaultYaml(slowTask());
  for (auto at = yaml.find("leptir.db"); at != std::string::npos; at = yaml.find("leptir.db")) {
    yaml.replace(at, 9, "copy.db");
  }
  const auto other = writeConfig(yaml.replace(yaml.find("ledger"), 6, "others"), "copy.yaml");
  const auto restored = startAnother(other);
  EXPECT_TRUE(eventually([&] { return fs::exists(folder / "others"); })) << restored->output();
  EXPECT_TRUE(eventually([&] {
    return restored->output().find("of which this is a copy or a backup") != std::string::npos;
  })) << restored->output();
  EXPECT_EQ(::kill(instance->pid(), 0), 0);
  expectRunsOnceToItsEnd(id);
}

TEST_F(ProofOfDeathTest, AForgedSessionRowDoesNotGetALivingInstanceKilled) {
  const auto id = pushAndStart();
  const auto name = lockFile().stem().string();
  const auto other = folder / "other.db";
  const auto file = makeOther();
  Database(other).run("INSERT INTO leptir_sessions (instance, epoch, host, pid, version, workers, opened) VALUES ('" +
                      name + "', 1, '', 1, '', 1, 0)");
  const auto stranger = startAnother(file);
  EXPECT_TRUE(eventually([&] { return stranger->output().find("is taken for alive") != std::string::npos; }))
      << stranger->output();
  EXPECT_EQ(::kill(instance->pid(), 0), 0);
  expectRunsOnceToItsEnd(id);
}

// The forged row is plausible in every column, and its lock is free; only the living master contradicts it.
TEST_F(ProofOfDeathTest, AForgedSessionRowWithAFreeLockDoesNotGetALivingInstanceKilled) {
  const auto id = pushAndStart();
  const auto name = lockFile().stem().string();
  const auto file = makeOther();
  struct stat info{};
  ASSERT_EQ(::stat((folder / "other.db").c_str(), &info), 0);
  const auto place = std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
  Database(folder / "other.db")
      .run(
          "INSERT INTO leptir_sessions (instance, epoch, host, pid, version, workers, opened, file, lock, boot, "
          "visible) "
          "SELECT '" +
          name + "', 1, '', 1, '', 1, 0, value || ' " + place +
          "', NULL, '', '' FROM leptir_state WHERE name = 'file'");
  fs::create_directories(folder / "other.db.d");
  std::ofstream(folder / "other.db.d" / (name + ".lock")) << "";
  const auto stranger = startAnother(file);
  EXPECT_TRUE(eventually([&] { return stranger->output().find("its master lives: process") != std::string::npos; }))
      << stranger->output();
  EXPECT_EQ(::kill(instance->pid(), 0), 0);
  expectRunsOnceToItsEnd(id);
}

TEST_F(ProofOfDeathTest, ASessionThatAnotherProgramMarksAsEndedGoesOn) {
  const auto id = pushAndStart();
  Database database(folder / "leptir.db");
  for (const auto* state : {"1", "2"}) {
    database.run(std::string("UPDATE leptir_sessions SET state = ") + state);
    EXPECT_TRUE(eventually([&] { return database.run("SELECT state FROM leptir_sessions")[0][0] == "0"; })) << state;
  }
  EXPECT_TRUE(says("the session goes on"));
  expectRunsOnceToItsEnd(id);
}

TEST_F(ProofOfDeathTest, ProcessesThatAKilledInstanceLeftAreKilledAndLogged) {
  writeConfig(defaultYaml("  tasks: { leaves: { command: [/bin/sh, -c, 'setsid sleep 1000 & echo $! > " +
                          (folder / "left").string() + "; sleep 1000'] } }\n"));
  push({"leaves"});
  instance = start();
  ASSERT_TRUE(eventually([&] { return fs::exists(folder / "left") && fs::file_size(folder / "left") > 0; }));
  pid_t left = 0;
  std::ifstream(folder / "left") >> left;
  instance->signal(SIGKILL);
  instance->waitForExit();
  instance = start();
  EXPECT_TRUE(says("illed processes that are left")) << instance->output();
  EXPECT_TRUE(says(std::to_string(left) + " (sleep)")) << instance->output();
}

TEST_F(ProofOfDeathTest, RootOnTheDatabaseOfAnotherUserNeverRunsATaskTwiceAtOnce) {
  LEPTIR_NEEDS_ROOT();
  giveTo(kOtherUser, folder);
  writeConfig(defaultYaml("  tasks: { notes: { command: [/bin/sh, -c, 'echo $$ >> " + (folder / "pids").string() +
                          "; exec sleep 1000'] } }\n"));
  push({"notes"});
  instance = start();
  const auto pids = [&] {
    std::ifstream notes(folder / "pids");
    return std::vector<pid_t>(std::istream_iterator<pid_t>(notes), {});
  };
  ASSERT_TRUE(eventually([&] { return pids().size() == 1; })) << instance->output();
  EXPECT_EQ(ownerOf(lockFile()), ::geteuid());
  instance->signal(SIGKILL);
  instance->waitForExit();
  instance = startAnother(fs::path(config));
  EXPECT_TRUE(eventually([&] { return pids().size() == 2; })) << instance->output();
  const auto first = pids()[0];  // killed, but perhaps still a zombie
  const auto status = readWholeFile("/proc/" + std::to_string(first) + "/status");
  const bool runsNoMore = status.empty() || status.find("State:\tZ") != std::string::npos;
  EXPECT_TRUE(runsNoMore) << "the first run goes on beside the second:\n" << status << instance->output();
  ::kill(pids().back(), SIGKILL);
}

TEST_F(ProofOfDeathTest, ADeletedDatabaseIsReportedAndCreatedAgain) {
  const auto id = pushAndStart();
  for (const auto* suffix : {"", "-wal", "-shm"}) fs::remove(folder / (std::string("leptir.db") + suffix));
  std::ofstream(folder / "go") << "";
  const auto next = push({"slow"});
  EXPECT_TRUE(eventually([&] { return hasSucceeded(next); })) << instance->output();
  EXPECT_TRUE(says("the file was removed or replaced while it was open"));
  EXPECT_EQ(runs()[id], 1) << "its task was lost with the file and must not run again";
}

}  // namespace
}  // namespace leptir::e2e
