// The database file is removed or replaced, or its disk fails, while it is open.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include "backends/sqlite/sqlite_connection.h"
#include "backends/sqlite/sqlite_transaction.h"
#include "tests/support/child.h"
#include "tests/support/sqlite_database.h"
#include "tests/support/wait_until.h"

namespace leptir::sqlite {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

void removeFiles(const TestDatabase& database) {
  for (const auto* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(database.path.string() + suffix);
}

TEST(SqliteReplaced, APushIntoARemovedFileFailsAndTheNextBrokerMakesTheFileAgain) {
  TestDatabase database;
  auto broker = database.broker(BrokerUse::Push);
  must(broker->pushBrokerTasks(someTasks(1)));
  EXPECT_TRUE(broker->isUsable());
  removeFiles(database);
  const auto refused = broker->pushBrokerTasks(someTasks(1));
  ASSERT_FALSE(refused) << "the task would be lost";
  EXPECT_EQ(refused.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(refused.error().message(), HasSubstr("removed or replaced"));
  EXPECT_FALSE(broker->isUsable());
  broker = database.broker(BrokerUse::Push);
  must(broker->pushBrokerTasks(someTasks(1)));
  EXPECT_EQ(broker->tasksCount()->due, 1u);
}

// The parameter: suffixes of the files that are removed. SQLite itself does not notice when only -shm is removed.
class SqliteReplacedLog : public testing::TestWithParam<std::vector<std::string>> {
 protected:
  void SetUp() override {
    database.broker(BrokerUse::Push);  // closing the connection checkpoints, so the tables are in the database file
  }
  void removeLog() {
    for (const auto& suffix : GetParam()) std::filesystem::remove(database.path.string() + suffix);
  }

  TestDatabase database;
};

INSTANTIATE_TEST_SUITE_P(Removed, SqliteReplacedLog,
                         testing::Values(std::vector<std::string>{"-shm"}, std::vector<std::string>{"-wal"},
                                         std::vector<std::string>{"-wal", "-shm"}));

TEST_P(SqliteReplacedLog, RefusesAPushAndIsOpenedAgain) {
  auto broker = database.broker(BrokerUse::Push);
  const auto beside = database.records();
  ASSERT_TRUE(broker->tasksCount());
  removeLog();
  const auto refused = broker->pushBrokerTasks(someTasks(1));
  ASSERT_FALSE(refused) << "the task would be lost";
  EXPECT_EQ(refused.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(refused.error().message(), HasSubstr("removed or replaced"));
  EXPECT_FALSE(broker->isUsable());
  broker = database.broker(BrokerUse::Push);
  must(broker->pushBrokerTasks(someTasks(1)));
  EXPECT_EQ(broker->tasksCount()->due, 1u);
  EXPECT_FALSE(beside->listMetaInfo({}, {})) << "the other stores of the old connection notice as well";
}

TEST_P(SqliteReplacedLog, RemovedDuringATransactionMakesTheCommitFail) {
  auto file = std::make_shared<SqliteFile>();
  file->path = database.path;
  const auto connection = must(SqliteConnection::open(file, systemClock()));
  SqliteTransaction write(*connection, TransactionKind::Write);
  connection->execute("UPDATE leptir_state SET value = value");
  removeLog();
  EXPECT_FALSE(write.commit());
  EXPECT_TRUE(connection->isBroken());
}

// A process that still has the removed files open writes nothing of them into the database, not even when it ends.
TEST_P(SqliteReplacedLog, IsNotWrittenOverTheCommitsOfOtherProcesses) {
  const auto isOpen = database.folder / "open", mayEnd = database.folder / "end";
  const pid_t old = startChild([&] {
    const auto broker = database.broker(BrokerUse::Push);
    must(broker->pushBrokerTasks(someTasks(1)));
    database.folder.write("open", "");
    return waitUntil([&] { return std::filesystem::exists(mayEnd); });
  });
  ASSERT_TRUE(waitUntil([&] { return std::filesystem::exists(isOpen); }));
  removeLog();
  std::vector<std::string> answered;
  for (const auto& task : someTasks(30)) {
    SqliteBackend backend;
    const auto broker = backend.openBroker(database.connection, BrokerUse::Push);
    if (broker && (*broker)->pushBrokerTasks({&task, 1})) answered.push_back(task.id);
  }
  database.folder.write("end", "");
  ASSERT_TRUE(exitedSuccessfully(old));
  const auto broker = database.broker();
  for (const auto& id : answered) EXPECT_TRUE(broker->keeper().find(id)) << id;
  // With a new -wal beside the old -shm SQLite answers with I/O errors until the old process has noticed.
  const bool canPush = GetParam().back() == "-shm";
  EXPECT_TRUE(!canPush || answered.size() == 30) << answered.size();
}

TEST(SqliteReplaced, ANewConnectionIsRefusedWhileAnIdleOneHasARemovedShmOpen) {
  TestDatabase database;
  SqliteBackend other;
  const auto idle = must(other.openBroker(database.connection, BrokerUse::Push));
  std::filesystem::remove(database.path.string() + "-shm");
  const auto refused = database.backend.openBroker(database.connection, BrokerUse::Push);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Unavailable);
  EXPECT_FALSE(idle->pushBrokerTasks(someTasks(1)));
  must(database.broker(BrokerUse::Push)->pushBrokerTasks(someTasks(1)));
}

TEST(SqliteReplaced, AnEmptiedFileIsNoticedAndMadeAgain) {
  TestDatabase database;
  auto broker = database.broker(BrokerUse::Push);
  must(broker->pushBrokerTasks(someTasks(2)));
  std::filesystem::resize_file(database.path, 0);
  const auto refused = broker->pushBrokerTasks(someTasks(1));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("was emptied while it was open"));
  broker = database.broker(BrokerUse::Push);
  must(broker->pushBrokerTasks(someTasks(1)));
  EXPECT_EQ(broker->tasksCount()->due, 1u);
}

TEST(SqliteReplaced, AReplacedFileIsNoticedByAnIdleSession) {
  TestDatabase database;
  const auto instance = base::makeInstanceName();
  const auto lock = database.lock(instance);
  auto broker = database.broker();
  auto session = must(broker->openSession({instance, 1}, {}, 60s));
  removeFiles(database);
  must(SqliteBackend().openBroker(database.connection, BrokerUse::Push));
  Wake wake;
  Result<std::vector<LeasedTask>> answer;
  EXPECT_TRUE(waitUntil([&] { return !(answer = session->popBrokerTasks(1, 10ms, wake)); }));
  EXPECT_EQ(answer.error().code(), ErrorCode::Unavailable);
  session.reset();
  broker = database.broker();
  EXPECT_EQ(broker->resumeSession({instance, 1}).error().code(), ErrorCode::Lost);
  EXPECT_TRUE(broker->openSession({instance, 2}, {}, 60s));
}

TEST(SqliteReplaced, AnUnreadableFolderDoesNotBreakTheConnection) {
  TestDatabase database;
  const auto broker = database.broker(BrokerUse::Push);
  EXPECT_TRUE(inChild([&] {
    auto theirs = must(SqliteBackend().openBroker(database.connection, BrokerUse::Push));
    std::filesystem::permissions(database.folder.path(), std::filesystem::perms(0));
    if (::getuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return false;
    return theirs->tasksCount() && theirs->isUsable();
  }));
  std::filesystem::permissions(database.folder.path(), std::filesystem::perms(0700));
}

TEST(SqliteReplaced, AConnectionThatMetAnIoErrorIsNeverUsedAgain) {
  TestDatabase database;
  EXPECT_TRUE(inChild([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const auto broker = database.broker(BrokerUse::Push);
    const auto beside = database.records();
    const auto limit = [](rlim_t bytes) {
      const rlimit limits{bytes, RLIM_INFINITY};
      ::setrlimit(RLIMIT_FSIZE, &limits);
    };
    limit(1 << 20);
    int pushes = 0;
    while (broker->pushBrokerTasks(someTasks(100))) {
      if (++pushes == 1000) return false;
    }
    limit(RLIM_INFINITY);
    const auto again = broker->pushBrokerTasks(someTasks(1));
    const bool refused = !again && again.error().code() == ErrorCode::Unavailable && !broker->isUsable();
    return refused && !beside->listMetaInfo({}, {}) && database.broker(BrokerUse::Push)->pushBrokerTasks(someTasks(1));
  }));
}

}  // namespace
}  // namespace leptir::sqlite
