// Errors of paths, files and disks: each message says what happened, to which file, and what to do.
#include "backends/sqlite/sqlite_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>
#include <future>

#include "backends/sqlite/sqlite_connection.h"
#include "tests/support/child.h"
#include "tests/support/other_user.h"
#include "tests/support/sqlite_database.h"

namespace leptir::sqlite {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Error errorFor(const std::filesystem::path& path) {
  SqliteBackend backend;
  const auto broker = backend.openBroker({{"path", path.string()}}, BrokerUse::Push);
  return broker ? Error(ErrorCode::Internal, "opened") : broker.error();
}

TEST(SqliteBackend, RefusesAFileThatIsNotADatabaseAndDoesNotChangeIt) {
  const TempDir folder;
  const std::string text(10'000, 'x');
  const auto file = folder.write("notes.txt", text);
  const auto error = errorFor(file);
  EXPECT_EQ(error.code(), ErrorCode::Corrupt);
  EXPECT_THAT(error.message(), AllOf(HasSubstr(file.string()), HasSubstr("not a database")));
  EXPECT_EQ(readWholeFile(file), text);
}

TEST(SqliteBackend, RefusesAFolder) {
  const TempDir folder;
  const auto error = errorFor(folder.path());
  EXPECT_EQ(error.code(), ErrorCode::Invalid);
  EXPECT_THAT(error.message(), HasSubstr("is a folder; name a file in it"));
}

TEST(SqliteBackend, RefusesAFileWithTwoHardLinks) {
  const TempDir folder;
  const auto file = folder.write("leptir.db", "");
  std::filesystem::create_hard_link(file, folder / "second.db");
  const auto error = errorFor(folder / "second.db");
  EXPECT_EQ(error.code(), ErrorCode::Invalid);
  EXPECT_THAT(error.message(), HasSubstr("has 2 names (hard links)"));
}

TEST(SqliteBackend, RefusesAFileThatIsMountedByItself) {
  const TempDir folder;
  const auto file = folder.write("leptir.db", ""), mounted = folder.write("mounted.db", "");
  if (::mount(file.c_str(), mounted.c_str(), nullptr, MS_BIND, nullptr) != 0)
    GTEST_SKIP() << "to mount a file needs root: " << std::strerror(errno);
  const auto error = errorFor(mounted);
  ::umount(mounted.c_str());
  EXPECT_EQ(error.code(), ErrorCode::Invalid);
  EXPECT_THAT(error.message(), HasSubstr("mount the folder instead of the file"));
}

TEST(SqliteBackend, RefusesAnEmptyPath) {
  EXPECT_EQ(errorFor("").code(), ErrorCode::Invalid);
}

TEST(SqliteBackend, RefusesAPathThatIsTooLong) {
  const auto error =
      errorFor("/tmp/" + std::string(200, 'a') + "/" + std::string(200, 'b') + "/" + std::string(200, 'c'));
  EXPECT_EQ(error.code(), ErrorCode::Invalid);
  EXPECT_THAT(error.message(), HasSubstr("SQLite takes at most 504"));
  EXPECT_EQ(errorFor("/tmp/" + std::string(300, 'a')).code(), ErrorCode::Invalid);
}

TEST(SqliteBackend, WorksWithAPathLongerThanASocketsAddress) {
  const TempDir folder;
  const auto path = folder.path() / std::string(180, 'd') / std::string(180, 'e') / "leptir.db";
  SqliteBackend backend;
  const auto broker = must(backend.openBroker({{"path", path.string()}}, BrokerUse::Push));
  EXPECT_TRUE(broker->pushBrokerTasks(someTasks(1)));
}

TEST(SqliteBackend, MakesTheFoldersThatAreMissing) {
  const TempDir folder;
  SqliteBackend backend;
  EXPECT_TRUE(backend.openBroker({{"path", (folder / "new/deep/leptir.db").string()}}, BrokerUse::Push));
}

TEST(SqliteBackend, RefusesAFolderThatItMayNotWrite) {
  const TempDir folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0555));
  EXPECT_TRUE(asOrdinaryUser([&] {
    const auto error = errorFor(folder / "leptir.db");
    return error.code() == ErrorCode::Unavailable && error.message().find("not writable") != std::string::npos;
  }));
}

TEST(SqliteBackend, RefusesAFileThatItMayNotWrite) {
  TestDatabase database;
  database.broker();
  std::filesystem::permissions(database.folder.path(), std::filesystem::perms(0777));
  std::filesystem::permissions(database.path.string() + ".d", std::filesystem::perms(0777));
  std::filesystem::permissions(database.path, std::filesystem::perms(0444));
  EXPECT_TRUE(asOrdinaryUser([&] {
    const auto error = errorFor(database.path);
    return error.code() == ErrorCode::Unavailable &&
           error.message().find("let the user that leptir runs as") != std::string::npos;
  }));
}

TEST(SqliteBackend, WithoutFreeDescriptorsAnswersUnavailable) {
  TestDatabase database;
  EXPECT_TRUE(inChild([&] {
    rlimit some{}, none{};
    ::getrlimit(RLIMIT_NOFILE, &some);
    none.rlim_max = some.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &none);
    const bool refused = errorFor(database.path).code() == ErrorCode::Unavailable;
    ::setrlimit(RLIMIT_NOFILE, &some);
    const auto instance = base::makeInstanceName();
    const auto lock = database.lock(instance);
    const auto broker = database.broker();
    ::setrlimit(RLIMIT_NOFILE, &none);
    const auto session = broker->openSession({instance, 1}, {}, std::chrono::minutes(1));
    return refused && !session && session.error().code() == ErrorCode::Unavailable;
  }));
}

TEST(SqliteBackend, RefusesADatabaseOfANewerLeptir) {
  TestDatabase database;
  database.broker();
  const auto file = std::make_shared<SqliteFile>();
  file->path = database.path;
  const auto connection = must(SqliteConnection::open(file, systemClock()));
  connection->execute("UPDATE leptir_state SET value = 1000 WHERE name = 'version'");
  const auto error = errorFor(database.path);
  EXPECT_EQ(error.code(), ErrorCode::Invalid);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("newer leptir"), HasSubstr(database.path.string())));
}

// Tables of leptir that another program changed.
class ChangedTables : public ::testing::Test {
 protected:
  ChangedTables() { database.broker(); }
  void run(const char* sql) {
    const auto file = std::make_shared<SqliteFile>();
    file->path = database.path;
    const auto connection = must(SqliteConnection::open(file, systemClock()));
    connection->execute(sql);
    must(connection->transactionResult());
  }
  std::unique_ptr<BrokerSession> openSession() {
    const auto name = base::makeInstanceName();
    locks.push_back(database.lock(name));
    brokers.push_back(database.broker());
    return must(brokers.back()->openSession({name, 1}, {}, std::chrono::minutes(1)));
  }

  TestDatabase database;
  std::vector<base::UniqueFd> locks;
  std::vector<std::unique_ptr<SimpleBroker>> brokers;
};

TEST_F(ChangedTables, WithoutAVersionAreCorruptAndTheErrorSaysWhatToDo) {
  run("DELETE FROM leptir_state WHERE name = 'version'");
  for (const auto use : {BrokerUse::Push, BrokerUse::Inspect}) {
    const auto error = database.backend.openBroker(database.connection, use).error();
    EXPECT_EQ(error.code(), ErrorCode::Corrupt);
    EXPECT_THAT(error.message(), AllOf(HasSubstr("has no version"), HasSubstr("restore the database")));
  }
}

TEST_F(ChangedTables, WithOneTableMissingAreCorrupt) {
  run("DROP TABLE leptir_state");
  for (const auto use : {BrokerUse::Push, BrokerUse::Inspect}) {
    const auto error = database.backend.openBroker(database.connection, use).error();
    EXPECT_EQ(error.code(), ErrorCode::Corrupt);
    EXPECT_THAT(error.message(), HasSubstr("3 of 4 tables are there"));
  }
}

TEST_F(ChangedTables, LetSessionsBeOpenedWhenNoLargerNumberIsLeft) {
  run("UPDATE sqlite_sequence SET seq = 9223372036854775807 WHERE name = 'leptir_sessions'");
  openSession();
  openSession();
  run("INSERT INTO leptir_sessions (number, instance, epoch, host, pid, version, workers, opened)"
      " VALUES (2305843009213693952, 'x', 1, '', 1, '', 1, 0)");
  run("UPDATE sqlite_sequence SET seq = 0 WHERE name = 'leptir_sessions'");
  EXPECT_TRUE(openSession());
}

TEST_F(ChangedTables, WithoutTheLastLeaseNumberStillGiveRisingNumbers) {
  const auto session = openSession();
  Wake wake;
  std::uint64_t last = 0;
  for (int i = 0; i < 3; ++i) {
    run("DELETE FROM leptir_state WHERE name = 'last lease'");
    must(brokers.back()->pushBrokerTasks(someTasks(1)));
    const auto leased = must(session->popBrokerTasks(1, std::chrono::seconds(0), wake));
    ASSERT_EQ(leased.size(), 1u);
    EXPECT_GT(leased[0].lease.number, last);
    last = leased[0].lease.number;
  }
}

TEST_F(ChangedTables, WithoutTheNumberOfTheFileGetANewOne) {
  run("DELETE FROM leptir_state WHERE name = 'file'");
  const auto name = base::makeInstanceName();
  const auto lock = database.lock(name);
  const auto broker = database.broker();
  must(broker->openSession({name, 1}, {}, std::chrono::minutes(1)));
  EXPECT_TRUE(broker->resumeSession({name, 1}));
}

TEST_F(ChangedTables, RefuseReservedHolders) {
  must(database.broker()->pushBrokerTasks(someTasks(1)));
  EXPECT_THROW(run("UPDATE leptir_tasks SET holder = 16777218"), std::runtime_error);
  EXPECT_THROW(run("UPDATE leptir_tasks SET holder = 9223372036854775807"), std::runtime_error);
}

TEST(SqliteBackend, WorksInADatabaseThatHasTablesOfOtherPrograms) {
  TestDatabase database;
  const auto file = std::make_shared<SqliteFile>();
  file->path = database.path;
  must(SqliteConnection::open(file, systemClock()))->execute("CREATE TABLE orders (id); PRAGMA user_version = 7;");
  EXPECT_TRUE(database.broker()->pushBrokerTasks(someTasks(1)));
}

TEST(SqliteBackend, UsesOneLockFileForAllNamesOfADatabase) {
  TestDatabase database;
  const auto link = database.folder / "link.db";
  database.broker();
  std::filesystem::create_symlink(database.path, link);
  const auto instance = base::makeInstanceName();
  EXPECT_EQ(database.backend.sessionLockFile({{"path", link.string()}}, instance),
            database.backend.sessionLockFile(database.connection, instance));
}

TEST(SqliteBackend, RecognizesNetworkFileSystems) {
  EXPECT_STREQ(remoteFileSystem(0x6969), "NFS");
  EXPECT_STREQ(remoteFileSystem(0xFF534D42), "CIFS");
  EXPECT_STREQ(remoteFileSystem(0x01021997), "9p");
  EXPECT_EQ(remoteFileSystem(0xEF53), nullptr);      // ext4
  EXPECT_EQ(remoteFileSystem(0x01021994), nullptr);  // tmpfs
}

TEST(SqliteBackend, AFullDiskIsAnErrorAndPushesWorkAgainOnceThereIsSpace) {
  TestDatabase database;
  EXPECT_TRUE(inChild([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const auto broker = database.broker(BrokerUse::Push);
    const auto lift = [](rlim_t bytes) {
      const rlimit limit{bytes, RLIM_INFINITY};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    };
    lift(1 << 20);
    std::uint64_t pushed = 0;
    Result<void> answer;
    while (pushed < 100'000 && (answer = broker->pushBrokerTasks(someTasks(100)))) pushed += 100;
    if (answer || answer.error().code() != ErrorCode::Unavailable) return false;
    lift(RLIM_INFINITY);
    const auto again = database.broker(BrokerUse::Push);
    return again->pushBrokerTasks(someTasks(100)) && again->tasksCount()->due == pushed + 100;
  }));
}

TEST(SqliteBackend, OpeningALockedFileFailsWithinSecondsAndDoesNotDelayOtherFiles) {
  const TempDir folder;
  SqliteBackend backend;
  const auto opens = [&](const std::string& name) {
    return backend.openBroker({{"path", (folder / name).string()}}, BrokerUse::Push);
  };
  sqlite3* stranger = nullptr;
  ASSERT_EQ(sqlite3_open((folder / "locked.db").c_str(), &stranger), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(stranger, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);

  const auto began = systemClock().bootTime();
  auto locked = std::async(std::launch::async, [&] { return opens("locked.db"); });
  int others = 0;
  while (locked.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
    ASSERT_TRUE(opens("other.db"));
    ++others;
  }
  EXPECT_GT(others, 10);
  EXPECT_EQ(locked.get().error().code(), ErrorCode::Unavailable);
  EXPECT_LT(systemClock().bootTime() - began, std::chrono::seconds(12)) << "a dispatcher's thread would count as stuck";
  sqlite3_close(stranger);
}

TEST(SqliteBackend, RecordsExpireAfterAWeekByDefault) {
  EXPECT_EQ(SqliteBackend().defaultExpiry(), std::chrono::hours(7 * 24));
}

// Opening needs several descriptors. Whichever of them is the first that the kernel refuses, the error says so.
TEST(SqliteBackend, TooManyOpenFilesIsNamedInTheErrorWhichIsUnavailable) {
  const TempDir folder;
  const auto file = folder / "leptir.db";
  ASSERT_EQ(errorFor(file).message(), "opened");
  EXPECT_TRUE(inChild([&] {
    const auto firstFree = static_cast<rlim_t>(::dup(0));
    for (rlim_t spare = 0; spare < 20; ++spare) {
      const rlimit few{firstFree + 1 + spare, firstFree + 100};
      ::setrlimit(RLIMIT_NOFILE, &few);
      const auto error = errorFor(file);
      if (error.message() == "opened") return spare > 0;
      const bool isSaid = error.message().find("too many open files (raise the limit") != std::string::npos;
      if (!isSaid || error.code() != ErrorCode::Unavailable) {
        std::cerr << "spare descriptors " << spare << ": " << error.message() << '\n';
        return false;
      }
    }
    return false;
  }));
}

}  // namespace
}  // namespace leptir::sqlite
