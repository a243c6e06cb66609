// Several users of one machine on one database. Only root can run these tests.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "tests/e2e/ledger.h"
#include "tests/support/folders.h"
#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr uid_t kAna = 54321;

// With LEPTIR_TEST_LEASE=3 instances search for dead sessions every half second.
class UsersTest : public Ledger {
 protected:
  UsersTest() { ::setenv("LEPTIR_TEST_LEASE", "3", 1); }
  ~UsersTest() override { ::unsetenv("LEPTIR_TEST_LEASE"); }

  // From now on commands run as that user, in the shared group, with umask 077 and a state folder of the user. They run
  // a copy of the program, since the user may not reach the build folder (below /root, say).
  void become(uid_t user) {
    const auto copy = folder / "leptir-program";
    if (!fs::exists(copy)) fs::copy_file(buildFolder() / "leptir", copy);
    fs::permissions(copy, fs::perms(0755));
    const auto state = folder / ("state-" + std::to_string(user));
    fs::create_directories(state);
    giveTo(user, state);
    ::setenv("XDG_STATE_HOME", state.c_str(), 1);
    const auto script = folder / ("as-" + std::to_string(user));
    const auto id = std::to_string(user);
    std::ofstream(script) << "#!/bin/sh\numask 077\nexec setpriv --reuid=" << id << " --regid=" << id
                          << " --groups=" << kSharedGroup << " " << copy.string() << " \"$@\"\n";
    fs::permissions(script, fs::perms::owner_all);
    program = script;
    ASSERT_EQ(run({"--version"}).exit, 0);
  }

  // Makes the folder writable for both users, with a configuration of root that both may read.
  void share() {
    ASSERT_EQ(::chown(folder.c_str(), 0, kSharedGroup), 0);
    ::chmod(folder.c_str(), 02775);
    auto yaml = defaultYaml("  tasks: { slow: { command: [/bin/sh, -c, 'echo $LEPTIR_TASK_ID >> " +
                            (folder / "ledger").string() + "-$(id -u); until test -e " + (folder / "go").string() +
                            "; do sleep 0.05; done'] } }\n");
    const auto logfile = yaml.find("    logfile:");
    yaml.erase(logfile, yaml.find("    stdoutlog:") - logfile);
    ::chmod(writeConfig(yaml).c_str(), 0644);
  }
  void makeDatabase(uid_t owner, mode_t mode) const {
    const auto file = folder / "leptir.db";
    std::ofstream(file) << "";
    ASSERT_EQ(::chown(file.c_str(), owner, kSharedGroup), 0);
    ::chmod(file.c_str(), mode);
  }
  std::string runsOf(uid_t user) const {
    const auto ledger = folder / ("ledger-" + std::to_string(user));
    return fs::exists(ledger) ? readWholeFile(ledger) : "";
  }
  fs::path lockFile() const {
    for (const auto& entry : fs::directory_iterator(folder / "leptir.db.d")) {
      if (entry.path().extension() == ".lock") return entry.path();
    }
    return {};
  }
};

TEST_F(UsersTest, CommandsOnTheDatabaseOfAnotherUserPrintTheErrorOfAStart) {
  LEPTIR_NEEDS_ROOT();
  share();
  const auto id = push({"noop"});
  ASSERT_EQ(::chown((folder / "leptir.db").c_str(), kAna, kAna), 0);
  ::chmod((folder / "leptir.db").c_str(), 0666);
  become(kOtherUser);
  const auto sentence =
      "sqlite " + (folder / "leptir.db").string() + ": belongs to user 54321, and leptir runs as user";
  EXPECT_THAT(leptir({"start"}).err, HasSubstr(sentence));
  EXPECT_THAT(leptir({"push", "noop"}).err, HasSubstr(sentence));
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"check"}, {"info", id}, {"tasks"}, {"cancel", id}, {"status"}}) {
    const auto answer = leptir(command);
    EXPECT_THAT(answer.out + answer.err, HasSubstr(sentence)) << command[0];
    EXPECT_TRUE(answer.exit == 69 || command[0] == "status") << command[0] << " " << answer.exit;
  }
  program = buildFolder() / "leptir";
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 1) << "root may read it; the task was not cancelled";
}

TEST_F(UsersTest, InstancesOfTwoUsersOnOneDatabaseNeverTakeEachOthersTasks) {
  LEPTIR_NEEDS_ROOT();
  share();
  makeDatabase(kAna, 0660);
  become(kAna);
  const auto id = push({"slow"});
  const auto ofAna = start();
  ASSERT_TRUE(eventually([&] { return runsOf(kAna) == id + "\n"; })) << ofAna->output();
  const auto lock = lockFile();
  become(kOtherUser);
  const auto another = start();
  waitUntilRunning();
  std::this_thread::sleep_for(std::chrono::seconds(2));  // four searches for dead sessions
  EXPECT_THAT(another->output(), Not(HasSubstr("is dead"))) << "the group may open the lock file";
  ::chmod(lock.c_str(), 0600);
  EXPECT_TRUE(eventually([&] {
    return another->output().find("is taken for alive, and keeps its tasks: its lock file") != std::string::npos;
  })) << another->output();
  std::ofstream(folder / "go") << "";
  EXPECT_TRUE(eventually([&] { return hasSucceeded(id); })) << ofAna->output();
  EXPECT_EQ(runsOf(kAna), id + "\n");
  EXPECT_EQ(runsOf(kOtherUser), "");
  for (const auto& each : {ofAna.get(), another.get()}) {
    each->signal(SIGTERM);
    EXPECT_EQ(each->waitForExit(), 0) << each->output();
  }
}

TEST_F(UsersTest, StartAndCheckRefuseAStateFolderOfAnotherUser) {
  LEPTIR_NEEDS_ROOT();
  fs::create_directories(folder / "state/leptir");
  giveTo(kAna, folder / "state/leptir");
  const auto sentence =
      "folder " + (folder / "state/leptir").string() + ": belongs to user 54321, and leptir runs as user root";
  const auto started = leptir({"start"}), check = leptir({"check"});
  EXPECT_EQ(started.exit, 1);
  EXPECT_THAT(started.err, HasSubstr(sentence));
  EXPECT_EQ(check.exit, 1);
  EXPECT_THAT(check.out, HasSubstr("start: " + sentence));
}

TEST_F(UsersTest, AStateFolderThatCannotBeMadeIsNotAConfigurationError) {
  LEPTIR_NEEDS_ROOT();
  share();
  become(kOtherUser);
  const auto state = folder / "state-of-root";
  fs::create_directories(state);
  ::chmod(state.c_str(), 0755);
  ::setenv("XDG_STATE_HOME", state.c_str(), 1);
  const auto started = leptir({"start"}), check = leptir({"check"});
  EXPECT_EQ(started.exit, 1);
  EXPECT_THAT(started.err, HasSubstr("folder " + (state / "leptir").string() + ": permission denied: make it"));
  EXPECT_EQ(check.exit, started.exit) << check.out;
}

}  // namespace
}  // namespace leptir::e2e
