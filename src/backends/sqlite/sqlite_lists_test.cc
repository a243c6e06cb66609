// Lists of tasks and records beyond the conformance suite: rows of other programs, indices, and a clock that was set
// back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/sqlite/id_range.h"
#include "backends/sqlite/list_statements.h"
#include "backends/sqlite/sqlite_connection.h"
#include "backends/sqlite/sqlite_transaction.h"
#include "backends/sqlite/statements.h"
#include "tests/support/sqlite_database.h"

namespace leptir::sqlite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class SqliteLists : public ::testing::Test {
 protected:
  std::shared_ptr<SqliteConnection> connect() {
    const auto file = std::make_shared<SqliteFile>();
    file->path = database.path;
    return must(SqliteConnection::open(file, systemClock()));
  }
  void run(const std::string& sql) {
    const auto connection = connect();
    connection->execute(sql.c_str());
    must(connection->transactionResult());
  }
  std::vector<std::string> ids(const TaskFilter& filter, std::size_t limit = 1) {
    std::vector<std::string> ids;
    std::string cursor;
    do {
      const auto page = must(broker->keeper().list(filter, cursor, limit));
      for (const auto& task : page.tasks) ids.push_back(task.id);
      cursor = page.cursor;
    } while (!cursor.empty());
    return ids;
  }

  TestDatabase database;
  std::unique_ptr<SimpleBroker> broker = database.broker();
};

TEST_F(SqliteLists, ReadTheirRowsByAnIndexAndSortNothing) {
  const auto connection = connect();
  const std::vector<std::pair<std::string_view, std::string>> planOf{
      {sql::kListWaitingOfSameKey, "leptir_tasks_waiting (due=? AND rowid>?)"},
      {sql::kListWaitingOfLaterKeys, "leptir_tasks_waiting (due>? AND due<?)"},
      {sql::kListLeasedOfSameKey, "leptir_tasks_held (holder=? AND rowid>?)"},
      {sql::kListLeasedOfLaterKeys, "leptir_tasks_held (holder>? AND holder<?)"},
      {sql::kListBuriedOfSameKey, "leptir_tasks_buried (buried=? AND rowid>?)"},
      {sql::kListBuriedOfLaterKeys, "leptir_tasks_buried (buried>? AND buried<?)"},
      {sql::kPositionsOfIds, "leptir_tasks_id (id>? AND id<?)"},
      {sql::kEarliestDueByTime, "leptir_tasks_waiting (due>?)"},
      {sql::kRemoveUnlessLeased, "leptir_tasks_id (id=?)"},
      {sql::kRescheduleTask, "leptir_tasks_id (id=?)"},
      {sql::kListRecordsOfSameKey, "leptir_records_saved (saved=? AND rowid<?)"},
      {sql::kListRecordsOfEarlierKeys, "leptir_records_saved (saved>? AND saved<?)"},
      {sql::kPositionsOfRecords, "sqlite_autoindex_leptir_records_1 (id>? AND id<?)"}};
  for (const auto& [statement, index] : planOf) {
    SqliteStatement explain(*connection, "EXPLAIN QUERY PLAN " + std::string(statement));
    std::string plan;
    for (explain.start(); explain.step();) plan += std::string(explain.text(3)) + "\n";
    EXPECT_THAT(plan, HasSubstr(index)) << statement;
    EXPECT_THAT(plan, Not(HasSubstr("TEMP B-TREE"))) << statement;
  }
}

TEST_F(SqliteLists, ATaskThatAnotherProgramBuriedWithoutANumberIsListedFirst) {
  run("INSERT INTO leptir_tasks (id, due, holder, buried, envelope) VALUES ('b', 1, 16777217, 5, '{}'),"
      " ('a1', 1, 16777217, NULL, '{}'), ('a2', 1, 16777217, NULL, '{}'), ('c', 1, 16777217, 6, '{}')");
  EXPECT_THAT(ids({.state = TaskState::Buried}), ElementsAre("a1", "a2", "b", "c"));
}

TEST_F(SqliteLists, MoreTasksWithAPrefixThanAreSortedAreListedAllTheSame) {
  std::vector<BrokerTask> tasks(kMaxRowsPerPrefix + 100);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    tasks[i].id = "p" + std::to_string(i);
    tasks[i].name = "Test";
  }
  must(broker->pushBrokerTasks(tasks));
  EXPECT_THAT(ids({.idPrefix = "p"}, 999), SizeIs(tasks.size()));
  EXPECT_THAT(ids({.idPrefix = "p200"}, 7), ElementsAre("p200", "p2000", "p2001", "p2002", "p2003", "p2004", "p2005",
                                                        "p2006", "p2007", "p2008", "p2009"));
}

TEST_F(SqliteLists, APrefixIsAnyBytes) {
  EXPECT_EQ(idsWithPrefix(""), std::nullopt);
  EXPECT_EQ(idsWithPrefix("\xff\xff"), std::nullopt);
  EXPECT_EQ(idsWithPrefix("a\xff")->behind, "b");
  EXPECT_EQ(idsWithPrefix("a")->behind, "b");
  EXPECT_EQ(idsWithPrefix("a\x7f")->behind, "a\x80");
}

TEST_F(SqliteLists, ACursorWithImpossibleTimesListsNothingOrAll) {
  must(broker->pushBrokerTasks(someTasks(3)));
  for (const auto* cursor : {"0:9223372036854775807:0", "9:0:0"})
    EXPECT_THAT(must(broker->keeper().list({}, cursor, 10)).tasks, SizeIs(0)) << cursor;
  for (const auto* cursor : {"0:-9223372036854775808:0", "-1:0:0"})
    EXPECT_THAT(must(broker->keeper().list({}, cursor, 10)).tasks, SizeIs(3)) << cursor;
}

TEST_F(SqliteLists, ADamagedRecordHidesNoOther) {
  MetaInfo good;
  good.id = "good";
  good.type = "Test";
  good.cause = "threw";
  const auto records = database.records();
  must(records->saveMetaInfo({&good, 1}));
  for (const std::string text : {"no JSON", "[]", "5", "{\"type\":", "{\"type\":\"Test", ""})
    run("INSERT INTO leptir_records (id, lease, step, saved, record) VALUES ('" + text + "', 1, 2, 9, '" + text + "')");
  for (const auto& filter : {MetaFilter{}, MetaFilter{.name = "Test"}, MetaFilter{.cause = "threw"},
                             MetaFilter{.status = TaskStatus::Completed}})
    EXPECT_THAT(must(records->listRecords(filter, "", 10)).records, SizeIs(1));
}

// Tasks that are due at once stay due, and those that are due by their time do not.
TEST(SqliteListsByTime, AreThoseOfTheQueueAfterTheClockWasSetBack) {
  ManualClock clock;
  TempDir folder;
  SqliteBackend backend(clock);
  const auto broker = must(backend.openBroker({{"path", (folder / "q.db").string()}}, BrokerUse::Push));
  BrokerTask atOnce, byTime;
  atOnce.id = "at once";
  byTime.id = "by time";
  atOnce.name = byTime.name = "Test";
  byTime.timeOfExecution = clock.now() + std::chrono::seconds(1);
  must(broker->pushBrokerTasks(std::vector{atOnce, byTime}));
  clock.advance(std::chrono::seconds(5));
  clock.setWallClock(clock.now() - std::chrono::hours(1));
  const auto idsIn = [&](TaskState state) {
    std::vector<std::string> ids;
    for (const auto& task : must(broker->keeper().list({.state = state}, "", 10)).tasks) ids.push_back(task.id);
    return ids;
  };
  EXPECT_THAT(idsIn(TaskState::Due), ElementsAre("at once"));
  EXPECT_THAT(idsIn(TaskState::Scheduled), ElementsAre("by time"));
}

}  // namespace
}  // namespace leptir::sqlite
