#include "backends/sqlite/database_rights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/sqlite/sqlite_connection.h"
#include "tests/support/other_user.h"
#include "tests/support/sqlite_database.h"

namespace leptir::sqlite {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A database in a folder that every user can enter and write, like /tmp.
struct OpenDatabase : TestDatabase {
  OpenDatabase() { ::chmod(folder.path().c_str(), 01777); }
  std::filesystem::path side = path.string() + ".d";
  std::filesystem::path shm = path.string() + "-shm";
};

std::string errorOfOpening(const Json& connection) {
  SqliteBackend backend;
  const auto opened = backend.openBroker(connection, BrokerUse::Dispatch);
  return opened ? "opened" : opened.error().message();
}

TEST(DatabaseRights, EveryFileThatLeptirMakesIsForItsOwnerAlone) {
  const Umask umask(0);
  OpenDatabase database;
  const auto broker = database.broker();
  const auto lock = database.lock(std::string(32, 'a'));
  ASSERT_TRUE(broker->pushBrokerTasks(someTasks(1)));
  for (const auto& file : {database.path, database.wal, database.shm}) EXPECT_EQ(modeOf(file), 0600u) << file;
  EXPECT_EQ(modeOf(database.side), 0700u);
}

TEST(DatabaseRights, FilesAreForTheirOwnerAloneAlsoWhenTheSessionLockIsMadeFirst) {
  const Umask umask(0);
  OpenDatabase database;
  const auto lock = database.lock(std::string(32, 'a'));
  EXPECT_EQ(modeOf(database.path), 0600u);
  EXPECT_EQ(modeOf(database.side), 0700u);
}

TEST(DatabaseRights, OtherUsersCannotHoldAReadLock) {
  LEPTIR_NEEDS_ROOT();
  OpenDatabase database;
  const auto broker = database.broker();
  EXPECT_TRUE(asUser(kOtherUser, [&] {
    return ::open(database.path.c_str(), O_RDONLY) < 0 && ::open(database.shm.c_str(), O_RDONLY) < 0;
  }));
}

TEST(DatabaseRights, ADatabaseOfAnotherUserIsRefused) {
  LEPTIR_NEEDS_ROOT();
  OpenDatabase database;
  database.broker();
  giveTo(54321, database.path);
  ::chmod(database.path.c_str(), 0666);
  EXPECT_TRUE(asUser(kOtherUser, [&] {
    const auto error = errorOfOpening(database.connection);
    return error.find("belongs to user 54321, and leptir runs as user ") != std::string::npos &&
           error.find("share it by a group") != std::string::npos;
  }));
}

TEST(DatabaseRights, CommandsThatOnlyReadRefuseADatabaseOfAnotherUserWithTheSameMessage) {
  LEPTIR_NEEDS_ROOT();
  OpenDatabase database;
  const auto tasks = someTasks(1);
  ASSERT_TRUE(database.broker()->pushBrokerTasks(tasks));
  giveTo(54321, database.path);
  ::chmod(database.path.c_str(), 0666);
  EXPECT_TRUE(asUser(kOtherUser, [&] {
    const auto toStart = errorOfOpening(database.connection);
    SqliteBackend backend;
    const auto broker = backend.openBroker(database.connection, BrokerUse::Inspect);
    const auto records = backend.openMetaStorage(database.connection, {}, MetaUse::Inspect);
    return !broker && broker.error().message() == toStart && !records && records.error().message() == toStart;
  }));
  EXPECT_EQ(database.broker(BrokerUse::Inspect)->tasksCount().value().due, 1u) << "root may read every database";
}

TEST(DatabaseRights, AFolderOfAnotherUserBesideTheDatabaseIsRefused) {
  LEPTIR_NEEDS_ROOT();
  OpenDatabase database;
  std::filesystem::create_directory(database.side);
  giveTo(54321, database.side);
  EXPECT_THAT(errorOfOpening(database.connection),
              AllOf(HasSubstr(database.side.string() + " belongs to user 54321"), HasSubstr("remove it")));
}

class DatabaseCompanion : public testing::TestWithParam<const char*> {
 protected:
  std::string path() const { return database.path.string() + GetParam(); }
  std::string errorOfLooking() {
    const auto opened = SqliteBackend().openBroker(database.connection, BrokerUse::Inspect);
    return opened ? "opened" : opened.error().message();
  }

  OpenDatabase database;
};

INSTANTIATE_TEST_SUITE_P(Each, DatabaseCompanion, testing::Values("-wal", "-shm", "-journal"));

TEST_P(DatabaseCompanion, OfAnotherUserIsRefused) {
  LEPTIR_NEEDS_ROOT();
  for (const bool isMade : {false, true}) {
    if (isMade) database.broker();
    database.folder.write("leptir.db" + std::string(GetParam()), "");
    giveTo(54321, path());
    const auto refusal = AllOf(HasSubstr(path() + " belongs to user 54321"), HasSubstr("remove that file"));
    EXPECT_THAT(errorOfLooking(), refusal);
    EXPECT_THAT(errorOfOpening(database.connection), refusal);
    std::filesystem::remove(path());
  }
}

TEST_P(DatabaseCompanion, ThatIsNotAPlainFileIsRefused) {
  database.broker();
  ASSERT_EQ(::mkfifo(path().c_str(), 0666), 0);
  EXPECT_THAT(errorOfOpening(database.connection),
              HasSubstr(path() + " is where SQLite keeps a side file of the database, but it is no plain file"));
  std::filesystem::remove(path());
  std::filesystem::create_symlink("elsewhere", path());
  EXPECT_THAT(errorOfLooking(),
              HasSubstr(path() + " is where SQLite keeps a side file of the database, but it is no plain file"));
}

TEST_P(DatabaseCompanion, ThatItsOwnerCannotWriteIsNamed) {
  database.broker();
  EXPECT_TRUE(asOrdinaryUser(database.folder.path(), [&] {
    database.folder.write("leptir.db" + std::string(GetParam()), "");
    ::chmod(path().c_str(), 0400);
    return errorOfOpening(database.connection).find(path() + " cannot be read and written") != std::string::npos;
  }));
}

TEST(DatabaseRights, APlainFileInPlaceOfTheFolderIsRefusedAlsoByCheck) {
  OpenDatabase database;
  database.broker();
  std::filesystem::remove_all(database.side);
  database.folder.write("leptir.db.d", "");
  const auto looking = must(SqliteBackend().openBroker(database.connection, BrokerUse::Inspect));
  EXPECT_THAT(looking->checkRights().error().message(), HasSubstr(database.side.string() + " must be a folder"));
  EXPECT_THAT(errorOfOpening(database.connection), HasSubstr(database.side.string() + " must be a folder"));
}

TEST(DatabaseRights, TheFolderBesideTheDatabaseIsForItsOwnerWhateverTheUmask) {
  OpenDatabase database;
  const Umask umask(0777);
  database.broker();
  EXPECT_EQ(modeOf(database.side), 0700u);
}

TEST(DatabaseRights, ASymbolicLinkInPlaceOfTheFolderIsRefused) {
  OpenDatabase database;
  const TempDir elsewhere;
  std::filesystem::create_directory_symlink(elsewhere.path(), database.side);
  EXPECT_THAT(errorOfOpening(database.connection), HasSubstr(database.side.string() + " must be a folder"));
}

// Moves the database's folder away and puts a link to it there.
void putLinkInPlaceOf(const std::filesystem::path& folder) {
  const auto moved = folder.string() + "-moved";
  std::filesystem::rename(folder, moved);
  std::filesystem::create_directory_symlink(moved, folder);
}

TEST(DatabaseRights, OpeningFailsWhenAFolderBecameALinkAfterThePathWasResolved) {
  const TempDir folder;
  const auto file = std::make_shared<SqliteFile>();
  file->path = folder / "data/leptir.db";
  ASSERT_TRUE(SqliteConnection::open(file, systemClock(), WhenMissing::Create));
  putLinkInPlaceOf(folder / "data");
  for (const auto missing : {WhenMissing::Create, WhenMissing::ReportNotFound}) {
    const auto opened = SqliteConnection::open(file, systemClock(), missing);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code(), ErrorCode::Unavailable) << "the next opening resolves the path again";
    EXPECT_THAT(opened.error().message(), HasSubstr("a symbolic link took the place of"));
  }
}

TEST(DatabaseRights, ADatabaseBehindASymbolicLinkCanBeUsed) {
  const TempDir folder;
  std::filesystem::create_directory(folder / "real");
  std::filesystem::create_directory_symlink("real", folder / "link");
  std::filesystem::create_symlink("real/new/leptir.db", folder / "file-link");
  const Json connection{{"path", (folder / "link/new/leptir.db").string()}};
  ASSERT_TRUE(must(SqliteBackend().openBroker(connection, BrokerUse::Push))->pushBrokerTasks(someTasks(1)));
  for (const auto* name : {"link/new/leptir.db", "file-link", "real/new/leptir.db"}) {
    const Json here{{"path", (folder / name).string()}};
    EXPECT_EQ(must(SqliteBackend().openBroker(here, BrokerUse::Inspect))->tasksCount().value().due, 1u) << name;
  }
}

TEST(DatabaseRights, ADatabaseCanBeOpenedAgainAfterItsFolderBecameALink) {
  const TempDir folder;
  const Json connection{{"path", (folder / "data/leptir.db").string()}};
  SqliteBackend backend;
  ASSERT_TRUE(must(backend.openBroker(connection, BrokerUse::Push))->pushBrokerTasks(someTasks(1)));
  putLinkInPlaceOf(folder / "data");
  EXPECT_EQ(must(backend.openBroker(connection, BrokerUse::Push))->tasksCount().value().due, 1u);
}

TEST(DatabaseRights, TwoUsersOfOneGroupCanShareADatabase) {
  LEPTIR_NEEDS_ROOT();
  OpenDatabase database;
  database.folder.write("leptir.db", "");
  ASSERT_EQ(::chown(database.path.c_str(), 54321, kSharedGroup), 0);
  ::chmod(database.path.c_str(), 0660);
  const auto pushes = [&] {
    SqliteBackend backend;
    auto broker = backend.openBroker(database.connection, BrokerUse::Push);
    return broker && (*broker)->pushBrokerTasks(someTasks(1));
  };
  EXPECT_TRUE(asUser(54321, pushes, 54321)) << "its owner";
  EXPECT_TRUE(asUser(kOtherUser, pushes)) << "another user of its group";
  EXPECT_EQ(modeOf(database.side) & 0777, 0770u);
}

TEST(DatabaseRights, FilesThatRootMakesBelongToTheOwnerOfTheFolder) {
  LEPTIR_NEEDS_ROOT();
  OpenDatabase database;
  giveTo(kOtherUser, database.folder.path());
  ASSERT_TRUE(database.broker(BrokerUse::Push)->pushBrokerTasks(someTasks(1)));
  for (const auto& file : {database.path, database.side}) EXPECT_EQ(ownerOf(file), kOtherUser) << file;
  EXPECT_TRUE(asUser(kOtherUser, [&] {
    SqliteBackend backend;
    auto broker = backend.openBroker(database.connection, BrokerUse::Push);
    return broker && (*broker)->tasksCount().value().due == 1;
  }));
}

TEST(DatabaseRights, FilesThatEveryUserCanOpenAreReportedWithTheChmodCommand) {
  OpenDatabase database;
  const auto broker = database.broker();
  EXPECT_THAT(broker->traits().warnings, IsEmpty());
  ::chmod(database.path.c_str(), 0644);
  ::chmod(database.side.c_str(), 0755);
  EXPECT_THAT(broker->traits().warnings,
              ElementsAre(HasSubstr("chmod o-rwx " + database.path.string() + " " + database.side.string())));
  ::chmod(database.folder.path().c_str(), 0700);
  EXPECT_THAT(broker->traits().warnings, IsEmpty()) << "other users cannot enter the folder";
}

}  // namespace
}  // namespace leptir::sqlite
