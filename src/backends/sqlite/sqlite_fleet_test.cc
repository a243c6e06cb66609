// The table of the FleetStore beyond the conformance suite: databases of earlier versions, and other programs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/sqlite/sqlite_connection.h"
#include "tests/support/sqlite_database.h"

namespace leptir::sqlite {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SqliteFleetTable : public ::testing::Test {
 protected:
  SqliteFleetTable() { database.broker(); }
  void run(const char* sql) {
    const auto file = std::make_shared<SqliteFile>();
    file->path = database.path;
    const auto connection = must(SqliteConnection::open(file, systemClock()));
    connection->execute(sql);
    must(connection->transactionResult());
  }
  void makeVersion4() { run("DROP TABLE leptir_fleet; UPDATE leptir_state SET value = 4 WHERE name = 'version'"); }

  TestDatabase database;
};

TEST_F(SqliteFleetTable, IsMadeByTheUpgradeOfADatabaseOfVersion4) {
  must(database.broker()->pushBrokerTasks(someTasks(3)));
  makeVersion4();
  const auto broker = database.broker();
  must(broker->fleet()->put("a", "one", {}));
  EXPECT_EQ(must(broker->fleet()->get("a")), "one");
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 3}));
}

TEST_F(SqliteFleetTable, IsEmptyForACommandThatOnlyReadsADatabaseOfVersion4) {
  makeVersion4();
  const auto broker = database.broker(BrokerUse::Inspect);
  EXPECT_EQ(broker->fleet()->get("a").error().code(), ErrorCode::NotFound);
  EXPECT_THAT(must(broker->fleet()->list("", "", 10)), IsEmpty());
  EXPECT_EQ(must(broker->fleet()->version()), 0u);
}

TEST_F(SqliteFleetTable, IsMadeByTheFirstChangeOfSuchACommand) {
  makeVersion4();
  const auto broker = database.broker(BrokerUse::Inspect);
  EXPECT_FALSE(must(broker->fleet()->erase("a")));
  must(broker->fleet()->put("pauses/queue", "one", {}));
  EXPECT_EQ(must(database.broker()->fleet()->get("pauses/queue")), "one");
}

TEST_F(SqliteFleetTable, ThatAnotherProgramDroppedIsReported) {
  run("DROP TABLE leptir_fleet");
  for (const auto use : {BrokerUse::Push, BrokerUse::Inspect}) {
    const auto error = database.backend.openBroker(database.connection, use).error();
    EXPECT_EQ(error.code(), ErrorCode::Corrupt);
    EXPECT_THAT(error.message(), HasSubstr("leptir_fleet is not there; restore the database"));
  }
}

TEST_F(SqliteFleetTable, GivesNoVersionTwiceAlsoIfAnotherProgramForgetsIt) {
  const auto broker = database.broker();
  must(broker->fleet()->put("pauses/queue", "one", {}));
  const auto before = must(broker->fleet()->version());
  run("DELETE FROM leptir_state WHERE name = 'fleet version'");
  EXPECT_NE(must(broker->fleet()->version()), before);
  must(broker->fleet()->put("pauses/queue", "two", {}));
  EXPECT_GT(must(broker->fleet()->version()), before);
}

TEST_F(SqliteFleetTable, LosesTextsWhoseLifetimeIsOverWithTheNextPut) {
  const auto broker = database.broker();
  must(broker->fleet()->put("short", "one", Duration(1)));
  must(broker->fleet()->put("other", "two", {}));
  run("INSERT INTO leptir_fleet (key, value) SELECT 'left', 'here' FROM leptir_fleet WHERE key = 'short'");
  EXPECT_EQ(broker->fleet()->get("left").error().code(), ErrorCode::NotFound);
}

TEST_F(SqliteFleetTable, KeepsATextWithTheLongestLifetime) {
  const auto broker = database.broker();
  must(broker->fleet()->put("a", "one", Duration::max()));
  EXPECT_EQ(must(broker->fleet()->get("a")), "one");
}

}  // namespace
}  // namespace leptir::sqlite
