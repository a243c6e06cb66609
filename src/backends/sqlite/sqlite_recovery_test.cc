// What counts as proof that an instance is dead, and what does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "backends/sqlite/sqlite_connection.h"
#include "base/instance_mark.h"
#include "tests/support/child.h"
#include "tests/support/instance_mark.h"
#include "tests/support/other_user.h"
#include "tests/support/sqlite_database.h"
#include "tests/support/wait_until.h"

namespace leptir::sqlite {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// An instance that holds two of three tasks. The tests start its processes.
struct DeadOrAlive {
  DeadOrAlive() {
    must(database.broker(BrokerUse::Push)->pushBrokerTasks(someTasks(3)));
    const auto broker = database.broker();
    Wake wake;
    must(must(broker->openSession({name, 1}, {"host", 4711, "1", 2}, 60s))->popBrokerTasks(2, 0s, wake));
  }
  // A process that a task forked: it does not hold the lock.
  pid_t startProcess() {
    const pid_t child = startChild([this] {
      lock = base::UniqueFd();
      if (!base::setInstanceMark(name)) return false;
      ::pause();
      return true;
    });
    EXPECT_TRUE(waitUntil([&] { return base::hasInstanceMark(child, name); }));
    return child;
  }
  std::filesystem::path lockFile() { return *database.backend.sessionLockFile(database.connection, name); }
  void run(const std::string& sql) { runIn(database.path, sql); }
  static void runIn(const std::filesystem::path& path, const std::string& sql) {
    const auto file = std::make_shared<SqliteFile>();
    file->path = path;
    const auto connection = must(SqliteConnection::open(file, systemClock()));
    connection->execute(sql.c_str());
    must(connection->transactionResult());
  }
  std::size_t recovered() { return must(other->recoverExpired(10)); }

  TestDatabase database;
  std::string name = base::makeInstanceName();
  base::UniqueFd lock = database.lock(name);
  std::unique_ptr<SimpleBroker> other = database.broker();
};

class SqliteRecoveryTest : public ::testing::Test {
 protected:
  void TearDown() override {
    if (process > 0) killChild(process);
  }
  bool lives() const { return ::waitpid(process, nullptr, WNOHANG) == 0; }

  DeadOrAlive instance;
  pid_t process = 0;
};

TEST_F(SqliteRecoveryTest, AFreeLockProvesDeathAndTheNoticeNamesTheKilledProcesses) {
  process = instance.startProcess();
  instance.lock = base::UniqueFd();
  EXPECT_EQ(instance.recovered(), 2u);
  const auto notices = instance.other->takeNotices();
  ASSERT_THAT(notices, SizeIs(1));
  EXPECT_THAT(notices[0], HasSubstr(instance.name));
  EXPECT_THAT(notices[0], HasSubstr("its lock was free and is ours now"));
  EXPECT_THAT(notices[0], HasSubstr("killed its remaining processes: " + std::to_string(process)));
  EXPECT_THAT(instance.other->takeNotices(), IsEmpty());
  ::waitpid(std::exchange(process, 0), nullptr, 0);
}

TEST_F(SqliteRecoveryTest, AFreeLockProvesNothingWhileTheMasterLives) {
  process = instance.startProcess();
  instance.run("UPDATE leptir_sessions SET pid = " + std::to_string(process));
  instance.lock = base::UniqueFd();
  EXPECT_EQ(instance.recovered(), 0u);
  EXPECT_TRUE(lives());
  EXPECT_THAT(instance.other->takeNotices(), ElementsAre(HasSubstr("but its master lives")));
}

TEST_F(SqliteRecoveryTest, ARemovedLockFileProvesNothingWhileAProcessLives) {
  process = instance.startProcess();
  std::filesystem::remove(instance.lockFile());
  EXPECT_EQ(instance.recovered(), 0u);
  EXPECT_EQ(instance.recovered(), 0u);
  EXPECT_TRUE(lives());
  const auto notices = instance.other->takeNotices();
  ASSERT_THAT(notices, SizeIs(1)) << "the same notice is given once";
  EXPECT_THAT(notices[0], HasSubstr("its lock file is gone, but processes of it live: " + std::to_string(process)));
}

TEST_F(SqliteRecoveryTest, AReplacedLockFileProvesNothingWhileAProcessLives) {
  process = instance.startProcess();
  std::filesystem::rename(instance.database.folder.write("empty", ""), instance.lockFile());
  EXPECT_EQ(instance.recovered(), 0u);
  EXPECT_TRUE(lives());
}

TEST_F(SqliteRecoveryTest, AMissingLockFileAndNoProcessesProveDeath) {
  instance.lock = base::UniqueFd();
  std::filesystem::remove(instance.lockFile());
  EXPECT_EQ(instance.recovered(), 2u);
}

TEST_F(SqliteRecoveryTest, AMissingLockFileProvesNothingWhenProcessesMayBeOutOfSight) {
  instance.lock = base::UniqueFd();
  std::filesystem::remove(instance.lockFile());
  instance.run("UPDATE leptir_sessions SET visible = 'another'");
  EXPECT_EQ(instance.recovered(), 0u);
  instance.run("UPDATE leptir_sessions SET boot = 'an earlier one'");
  EXPECT_EQ(instance.recovered(), 2u) << "nothing outlives a start of the machine";
}

TEST_F(SqliteRecoveryTest, WithoutFreeDescriptorsNoInstanceCountsAsDead) {
  process = instance.startProcess();
  EXPECT_TRUE(inChild([&] {
    SqliteBackend backend;
    const auto broker = must(backend.openBroker(instance.database.connection, BrokerUse::Dispatch));
    const rlimit none{0, 0};
    if (must(broker->recoverExpired(10)) != 0 || ::setrlimit(RLIMIT_NOFILE, &none) != 0) return false;
    return must(broker->recoverExpired(10)) == 0;
  }));
  EXPECT_TRUE(lives());
}

// If the test runs as root, another user opens the file; else its owner, who has no rights to it.
TEST_F(SqliteRecoveryTest, ALockFileThatMayNotBeOpenedProvesNothing) {
  process = instance.startProcess();
  EXPECT_TRUE(inChild([&] {
    SqliteBackend backend;
    const auto broker = must(backend.openBroker(instance.database.connection, BrokerUse::Dispatch));
    if (must(broker->recoverExpired(10)) != 0) return false;
    std::filesystem::permissions(instance.lockFile(), std::filesystem::perms(0));
    if (::getuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return false;
    return must(broker->recoverExpired(10)) == 0;
  }));
  EXPECT_TRUE(lives());
}

TEST_F(SqliteRecoveryTest, AFreeLockOfAnotherUserKillsNoProcessAndTheNoticeSaysSo) {
  LEPTIR_NEEDS_ROOT();
  process = instance.startProcess();
  giveTo(kOtherUser, instance.lockFile());
  instance.lock = base::UniqueFd();
  EXPECT_EQ(instance.recovered(), 2u);
  EXPECT_THAT(instance.other->takeNotices(), ElementsAre(HasSubstr("no process was ended")));
  EXPECT_TRUE(lives());
}

TEST_F(SqliteRecoveryTest, RecoveryInACopyOfTheDatabaseFreesItsTasksAndKillsNoProcess) {
  process = instance.startProcess();
  const auto copy = instance.database.folder / "copy.db";
  instance.run("VACUUM INTO '" + copy.string() + "'");
  const auto broker = must(instance.database.backend.openBroker({{"path", copy.string()}}, BrokerUse::Dispatch));
  EXPECT_EQ(must(broker->recoverExpired(10)), 2u);
  EXPECT_THAT(broker->takeNotices(), ElementsAre(HasSubstr("a copy or a backup")));
  EXPECT_TRUE(lives());
  EXPECT_EQ(instance.recovered(), 0u) << "the instance holds its tasks in the file that it works on";
}

TEST_F(SqliteRecoveryTest, ARestoredBackupBelongsToNoInstance) {
  process = instance.startProcess();
  const auto backup = instance.database.folder / "backup.db";
  instance.run("VACUUM INTO '" + backup.string() + "'");
  instance.other.reset();
  for (const auto* suffix : {"-wal", "-shm"}) std::filesystem::remove(instance.database.path.string() + suffix);
  std::filesystem::rename(backup, instance.database.path);
  instance.other = instance.database.broker();
  EXPECT_EQ(instance.other->resumeSession({instance.name, 1}).error().code(), ErrorCode::Lost);
  const auto heir = instance.database.broker();
  EXPECT_TRUE(heir->openSession({instance.name, 2}, {}, 60s)) << "the instance that lives goes on in it";
  EXPECT_EQ(must(heir->recoverExpired(10)), 2u);
  EXPECT_TRUE(lives());
}

TEST_F(SqliteRecoveryTest, ARowThatNamesAnotherInstanceDoesNotHarmIt) {
  const auto stranger = std::exchange(instance.name, base::makeInstanceName());
  process = instance.startProcess();
  const auto columns = std::string("(instance, epoch, host, pid, version, workers, opened");
  instance.run("INSERT INTO leptir_sessions " + columns + ") VALUES ('" + instance.name + "', 7, '', 1, '', 1, 0)");
  instance.run("INSERT INTO leptir_sessions " + columns + ", file, lock, boot, visible) SELECT '" + instance.name +
               "', 8, '', 1, '', 1, 0, file, lock, boot, visible FROM leptir_sessions WHERE instance = '" + stranger +
               "'");
  EXPECT_EQ(instance.recovered(), 0u);
  EXPECT_TRUE(lives());
}

// Such a master may work on another database, or on none.
TEST_F(SqliteRecoveryTest, AFreeLockProvesNothingWhileAMasterOfThatNameLives) {
  process = startChild([&] {
    instance.lock = base::UniqueFd();
    const auto sign = base::setMasterMark(instance.name);
    if (!sign || !base::setInstanceMark(instance.name)) return false;
    ::pause();
    return true;
  });
  ASSERT_TRUE(waitUntil([&] { return base::hasInstanceMark(process, instance.name); }));
  instance.lock = base::UniqueFd();
  EXPECT_EQ(instance.recovered(), 0u);
  EXPECT_TRUE(lives());
  EXPECT_THAT(instance.other->takeNotices(),
              ElementsAre(HasSubstr("its master lives: process " + std::to_string(process))));
}

TEST_F(SqliteRecoveryTest, ASessionThatAnotherProgramMarkedAsOverGoesOn) {
  const auto broker = instance.database.broker();
  const auto session = must(broker->resumeSession({instance.name, 1}));
  const auto held = must(session->heldTasks());
  ASSERT_THAT(held, SizeIs(2));
  for (const auto* state : {"1", "2"}) {
    instance.run(std::string("UPDATE leptir_sessions SET ended = 5, state = ") + state);
    EXPECT_EQ(instance.recovered(), 0u) << "another instance sees that the lock is held";
    EXPECT_THAT(must(session->renew(std::vector{held[0].lease, held[1].lease}, 60s)).lost, IsEmpty());
    EXPECT_EQ(must(broker->recoverExpired(10)), 0u);
    EXPECT_TRUE(instance.database.broker()->resumeSession({instance.name, 1})) << state;
  }
  EXPECT_THAT(broker->takeNotices(), ElementsAre(HasSubstr("the session goes on")));
  EXPECT_THAT(must(session->acknowledge(std::vector{held[0].lease, held[1].lease})), IsEmpty());
}

TEST_F(SqliteRecoveryTest, ADeadSessionLosesItsTasksWhateverItsStateSays) {
  instance.lock = base::UniqueFd();
  instance.run("UPDATE leptir_sessions SET state = 2, ended = 5");
  EXPECT_EQ(must(instance.other->recoverExpired(1)), 1u);
  EXPECT_EQ(must(instance.other->tasksCount()).leased, 1u);
  EXPECT_EQ(instance.recovered(), 1u) << "continues the claim";
}

TEST_F(SqliteRecoveryTest, TasksThatNoSessionHoldsReturnToTheQueue) {
  instance.run("UPDATE leptir_tasks SET holder = 99999999 WHERE holder = 16777216");
  EXPECT_EQ(instance.recovered(), 1u);
  EXPECT_THAT(instance.other->takeNotices(), ElementsAre(HasSubstr("gave back 1 tasks whose holder is no session")));
  instance.run("DELETE FROM leptir_sessions");
  EXPECT_EQ(must(instance.other->recoverExpired(1)), 1u);
  EXPECT_EQ(instance.recovered(), 1u);
  EXPECT_EQ(must(instance.other->tasksCount()).due, 3u);
}

TEST_F(SqliteRecoveryTest, AnInvalidInstanceNameSelectsNeitherAProcessNorAPath) {
  const auto outside = instance.database.folder.write("outside.lock", "");
  instance.run("UPDATE leptir_sessions SET instance = '../outside'");
  EXPECT_EQ(instance.recovered(), 2u);
  EXPECT_THAT(instance.other->takeNotices(), ElementsAre(HasSubstr("no instance has such a name")));
  EXPECT_TRUE(std::filesystem::exists(outside));
}

TEST_F(SqliteRecoveryTest, ALockFileThatTheMasterMadeAgainProvesDeathLikeTheFirst) {
  process = instance.startProcess();
  std::filesystem::remove(instance.lockFile());
  const auto broker = instance.database.broker();
  const auto session = must(broker->resumeSession({instance.name, 1}));
  instance.lock = instance.database.lock(instance.name);
  must(session->renew({}, 60s));
  instance.lock = base::UniqueFd();
  EXPECT_EQ(instance.recovered(), 2u);
  EXPECT_THAT(instance.other->takeNotices(), ElementsAre(HasSubstr("killed its remaining processes")));
  ::waitpid(std::exchange(process, 0), nullptr, 0);
}

TEST_F(SqliteRecoveryTest, ALockFileIsKeptUntilTheTasksOfItsInstanceAreRecovered) {
  instance.lock = base::UniqueFd();
  std::filesystem::last_write_time(instance.lockFile(), std::filesystem::file_time_type::clock::now() - 2h);
  const auto heir = base::makeInstanceName();
  const auto lock = instance.database.lock(heir);
  ASSERT_TRUE(instance.other->openSession({heir, 1}, {}, 60s));
  EXPECT_TRUE(std::filesystem::exists(instance.lockFile()));
  EXPECT_EQ(instance.recovered(), 2u);
  ASSERT_TRUE(instance.other->openSession({heir, 2}, {}, 60s));
  EXPECT_FALSE(std::filesystem::exists(instance.lockFile()));
}

}  // namespace
}  // namespace leptir::sqlite
