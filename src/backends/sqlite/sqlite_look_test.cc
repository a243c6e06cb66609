// Commands that only read (BrokerUse::Inspect, MetaUse::Inspect): opening a store makes and changes nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "backends/sqlite/sqlite_connection.h"
#include "tests/support/other_user.h"
#include "tests/support/sqlite_database.h"

namespace leptir::sqlite {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::set<std::string> filesIn(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

TEST(SqliteLook, MakesNoDatabase) {
  TestDatabase database;
  const auto broker = database.backend.openBroker(database.connection, BrokerUse::Inspect);
  ASSERT_FALSE(broker);
  EXPECT_EQ(broker.error().code(), ErrorCode::NotFound);
  EXPECT_EQ(broker.error().message(),
            "sqlite " + database.path.string() + ": is not made yet; the first push or start makes it");
  const auto records = database.backend.openMetaStorage(database.connection, {}, MetaUse::Inspect);
  EXPECT_EQ(records.error().code(), ErrorCode::NotFound);
  EXPECT_THAT(filesIn(database.folder.path()), IsEmpty());
}

TEST(SqliteLook, MakesNoFolders) {
  TestDatabase database;
  const Json connection{{"path", (database.folder / "new/deep/leptir.db").string()}};
  EXPECT_EQ(database.backend.openBroker(connection, BrokerUse::Inspect).error().code(), ErrorCode::NotFound);
  EXPECT_THAT(filesIn(database.folder.path()), IsEmpty());
}

TEST(SqliteLook, ReportsThatAMissingDatabaseCouldNotBeMade) {
  LEPTIR_NEEDS_ROOT();
  TestDatabase database;
  ::chmod(database.folder.path().c_str(), 0755);
  EXPECT_TRUE(asUser(kOtherUser, [&] {
    const auto error = database.backend.openBroker(database.connection, BrokerUse::Inspect).error();
    return error.code() != ErrorCode::NotFound && error.message().find("not writable") != std::string::npos;
  }));
}

TEST(SqliteLook, RefusesAPathInProc) {
  SqliteBackend backend;
  const auto error = backend.openBroker({{"path", "/proc/leptir.db"}}, BrokerUse::Inspect).error();
  EXPECT_EQ(error.code(), ErrorCode::Invalid);
  EXPECT_THAT(error.message(), HasSubstr("no file can be made in /proc"));
}

TEST(SqliteLook, MakesNoTablesInAnEmptyFile) {
  TestDatabase database;
  database.folder.write("leptir.db", "");
  EXPECT_EQ(database.backend.openBroker(database.connection, BrokerUse::Inspect).error().code(), ErrorCode::NotFound);
  EXPECT_EQ(readWholeFile(database.path), "");
  EXPECT_THAT(filesIn(database.folder.path()), UnorderedElementsAre("leptir.db"));
}

TEST(SqliteLook, CountsFindsAndCancelsTasksOfAnExistingDatabase) {
  TestDatabase database;
  const auto tasks = someTasks(2);
  ASSERT_TRUE(database.broker(BrokerUse::Push)->pushBrokerTasks(tasks));
  std::filesystem::remove(database.path.string() + ".d");
  {
    SqliteBackend backend;
    const auto broker = must(backend.openBroker(database.connection, BrokerUse::Inspect));
    EXPECT_EQ(broker->tasksCount().value().due, 2u);
    EXPECT_TRUE(broker->keeper().find(tasks[0].id));
    EXPECT_TRUE(broker->keeper().cancel(tasks[1].id, "ana@host"));
    EXPECT_EQ(broker->tasksCount().value().due, 1u);
    EXPECT_TRUE(must(backend.openMetaStorage(database.connection, {}, MetaUse::Inspect))->listMetaInfo({}, {}));
  }
  EXPECT_THAT(filesIn(database.folder.path()), UnorderedElementsAre("leptir.db"));
}

TEST(SqliteLook, ByRootLeavesNoFileThatTheOwnerCannotOpen) {
  LEPTIR_NEEDS_ROOT();
  TestDatabase database;
  giveTo(kOtherUser, database.folder.path());
  ASSERT_TRUE(asUser(kOtherUser, [&] {
    SqliteBackend backend;
    return must(backend.openBroker(database.connection, BrokerUse::Push))->pushBrokerTasks(someTasks(1)).has_value();
  }));
  SqliteBackend backend;
  const auto broker = must(backend.openBroker(database.connection, BrokerUse::Inspect));
  EXPECT_EQ(broker->tasksCount().value().due, 1u);
  for (const auto& entry : std::filesystem::directory_iterator(database.folder.path()))
    EXPECT_EQ(ownerOf(entry.path()), kOtherUser) << entry.path();
}

TEST(SqliteLook, CountsInAReadOnlyDatabaseWithoutLeavingFilesBesideIt) {
  TestDatabase database;
  EXPECT_TRUE(asOrdinaryUser(database.folder.path(), [&] {
    const auto pushOne = [&] {
      SqliteBackend backend;
      auto broker = backend.openBroker(database.connection, BrokerUse::Push);
      return broker && (*broker)->pushBrokerTasks(someTasks(1));
    };
    const auto countsOne = [&] {
      SqliteBackend backend;
      const auto broker = must(backend.openBroker(database.connection, BrokerUse::Inspect));
      const auto tried = broker->checkRights();
      const bool isRefused = !tried && tried.error().code() == ErrorCode::Unavailable &&
                             tried.error().message().find("can be read, but not written") != std::string::npos;
      return broker->tasksCount().value().due == 1 && isRefused;
    };
    if (!pushOne()) return false;
    ::chmod(database.path.c_str(), 0400);
    const bool isLookedAt = countsOne() && !pushOne() && countsOne();
    ::chmod(database.path.c_str(), 0600);
    return isLookedAt && pushOne();
  }));
  EXPECT_THAT(filesIn(database.folder.path()), UnorderedElementsAre("leptir.db", "leptir.db.d"));
}

TEST(SqliteLook, ReportsThatALogHasCommitsWhichOnlyAWriterCanRead) {
  TestDatabase database;
  EXPECT_TRUE(asOrdinaryUser(database.folder.path(), [&] {
    SqliteBackend().openBroker(database.connection, BrokerUse::Push).value();
    database.folder.write("leptir.db-wal", "commits");
    ::chmod(database.path.c_str(), 0400);
    const auto looked = SqliteBackend().openBroker(database.connection, BrokerUse::Inspect);
    return !looked && looked.error().message().find("holds commits") != std::string::npos;
  }));
  EXPECT_THAT(filesIn(database.folder.path()), UnorderedElementsAre("leptir.db", "leptir.db-wal", "leptir.db.d"));
}

TEST(SqliteLook, ReportsADanglingLinkAsAPushDoes) {
  TestDatabase database;
  std::filesystem::create_symlink("elsewhere.db", database.path);
  for (const auto use : {BrokerUse::Inspect, BrokerUse::Push}) {
    const auto error = database.backend.openBroker(database.connection, use).error();
    EXPECT_EQ(error.code(), ErrorCode::Unavailable);
    EXPECT_THAT(error.message(), HasSubstr("is a symbolic link to elsewhere.db, where no file is"));
  }
  database.folder.write("elsewhere.db", "");
  EXPECT_TRUE(database.backend.openBroker(database.connection, BrokerUse::Push));
}

TEST(SqliteLook, CountsForAUserWhoseGroupMayOnlyRead) {
  LEPTIR_NEEDS_ROOT();
  TestDatabase database;
  const auto writer = database.broker();
  ASSERT_TRUE(writer->pushBrokerTasks(someTasks(1)));
  ::chmod(database.folder.path().c_str(), 0755);
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    const auto file = database.path.string() + suffix;
    ASSERT_EQ(::chown(file.c_str(), 0, kSharedGroup), 0);
    ::chmod(file.c_str(), 0640);
  }
  EXPECT_TRUE(asUser(kOtherUser, [&] {
    SqliteBackend backend;
    const auto broker = must(backend.openBroker(database.connection, BrokerUse::Inspect));
    return broker->tasksCount().value().due == 1 && !broker->checkRights();
  }));
}

TEST(SqliteRights, TryingThemLeavesNoTrace) {
  TestDatabase database;
  const auto broker = database.broker();
  EXPECT_TRUE(broker->checkRights());
  EXPECT_TRUE(database.records()->checkRights());
  EXPECT_EQ(broker->tasksCount().value(), TaskCounts());
}

}  // namespace
}  // namespace leptir::sqlite
