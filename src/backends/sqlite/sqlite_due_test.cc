// Column `due`: tasks that are due at once stay due when the clock falls back, and no row that another program wrote
// keeps a session busy.
#include "backends/sqlite/sqlite_due.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "backends/sqlite/sqlite_connection.h"
#include "tests/support/sqlite_database.h"

namespace leptir::sqlite {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A database with a session, and a clock that the test moves.
class SqliteDue : public ::testing::Test {
 protected:
  SqliteDue() {
    lock = database.lock(instance);
    broker = must(backend.openBroker(database.connection, BrokerUse::Dispatch));
    session = must(broker->openSession({instance, 1}, {"host", 1, "1", 1}, 1min));
  }

  void push(const std::string& id, std::optional<Time> at = {}) {
    const BrokerTask task{.id = id, .name = "Test", .timeOfExecution = at};
    must(broker->pushBrokerTasks({&task, 1}));
  }

  std::vector<LeasedTask> leased(std::size_t limit = 100) { return must(session->popBrokerTasks(limit, 0s, wake)); }

  std::vector<std::string> ids(std::size_t limit = 100) {
    std::vector<std::string> found;
    for (const auto& task : leased(limit)) found.push_back(parseJson(task.envelope)->at("td").at("id"));
    return found;
  }

  FoundTask find(const std::string& id) { return must(broker->keeper().find(id)); }

  void fallBack(Duration by) { clock.setWallClock(clock.now() - by); }

  ManualClock clock;
  TestDatabase database;
  SqliteBackend backend{clock};
  const std::string instance = base::makeInstanceName();
  base::UniqueFd lock;
  std::unique_ptr<SimpleBroker> broker;
  std::unique_ptr<BrokerSession> session;
  Wake wake;
};

TEST_F(SqliteDue, ATaskPushedWithoutATimeIsDueWhateverTheClockSays) {
  push("a");
  const auto pushed = clock.now();
  fallBack(1h);
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 1}));
  EXPECT_EQ(find("a").state, TaskState::Due);
  EXPECT_EQ(find("a").due, pushed);
  EXPECT_THAT(ids(), ElementsAre("a"));
}

TEST_F(SqliteDue, ATaskWithATimeWaitsForItAlsoWhenTheClockFellBack) {
  push("a", clock.now() + 10s);
  fallBack(1h);
  EXPECT_THAT(ids(), ElementsAre());
  clock.advance(1h + 9s);
  EXPECT_EQ(find("a").state, TaskState::Scheduled);
  clock.advance(1s);
  EXPECT_THAT(ids(), ElementsAre("a"));
}

TEST_F(SqliteDue, TasksWithAndWithoutATimeAreLeasedInTheOrderOfTheirDueTimes) {
  push("second", clock.now() + 2s);
  push("first", clock.now() + 1s);
  clock.advance(1500ms);
  push("between");
  clock.advance(1s);
  push("last");
  push("future", clock.now() + 1s);
  EXPECT_THAT(ids(3), ElementsAre("first", "between", "second"));
  EXPECT_THAT(ids(3), ElementsAre("last"));
}

TEST_F(SqliteDue, TasksPutBackToRunAtOnceAreDueWhateverTheClockSays) {
  push("released", clock.now());
  push("closed", clock.now());
  push("revived", clock.now());
  for (const auto& task : leased()) {
    const auto id = parseJson(task.envelope)->at("td").at("id").get<std::string>();
    if (id == "released")
      must(session->release(std::vector<TaskRelease>{{task.lease, {}, clock.now(), task.envelope}}));
    if (id == "revived") must(session->bury(std::vector<TaskBurial>{{task.lease, {}, "why", task.envelope}}));
  }
  must(session->close());
  const std::string revived = "revived";
  must(broker->keeper().revive({&revived, 1}));
  fallBack(1h);
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 3}));
}

TEST_F(SqliteDue, AReleaseBeyondTheLargestTimeIsStoredAsTheLargestTime) {
  push("a");
  const auto task = leased().at(0);
  EXPECT_THAT(must(session->release(std::vector<TaskRelease>{{task.lease, {}, Time::max(), task.envelope}})),
              ElementsAre());
  EXPECT_EQ(find("a").due, Time(kMaxTimeSpan));
  EXPECT_EQ(find("a").state, TaskState::Scheduled);
}

class SqliteForeignRows : public SqliteDue {
 protected:
  // Inserts a row as another program would, with plain SQL. Answers SQLite's error message; empty: success.
  std::string insert(const std::string& columns, const std::string& values) {
    sqlite3* stranger = nullptr;
    EXPECT_EQ(sqlite3_open(database.path.c_str(), &stranger), SQLITE_OK);
    sqlite3_busy_timeout(stranger, 5000);
    const auto sql = "INSERT INTO leptir_tasks (id, envelope, " + columns + ") VALUES ('a', '{}', " + values + ")";
    const int code = sqlite3_exec(stranger, sql.c_str(), nullptr, nullptr, nullptr);
    std::string said = code == SQLITE_OK ? "" : sqlite3_errmsg(stranger);
    sqlite3_close(stranger);
    return said;
  }
};

TEST_F(SqliteForeignRows, AnInvalidDueTimeIsRefusedWithAReason) {
  EXPECT_THAT(insert("due", "'soon'"), HasSubstr("cannot store TEXT value in INTEGER column leptir_tasks.due"));
  EXPECT_THAT(insert("due", "1.5"), HasSubstr("cannot store REAL value in INTEGER column leptir_tasks.due"));
  for (const std::string due : {"-9223372036854775808", "9223372036854775807", "100000000000000001"})
    EXPECT_THAT(insert("due", due), HasSubstr("due is microseconds since 1970")) << due;
}

TEST_F(SqliteForeignRows, InvalidCountersAndHoldersAreRefusedWithAReason) {
  EXPECT_THAT(insert("due, failures", "0, 4294967296"), HasSubstr("are 0 to 4294967295"));
  EXPECT_THAT(insert("due, expiries", "0, -1"), HasSubstr("are 0 to 4294967295"));
  EXPECT_THAT(insert("due, holder", "0, 0"), HasSubstr("holder is at least 16777216"));
  EXPECT_THAT(insert("due, lease", "0, -1"), HasSubstr("lease is 0 to 2^62"));
}

TEST_F(SqliteForeignRows, ATaskInsertedWithPlainSqlIsLeased) {
  EXPECT_EQ(insert("due", "1700000000000000"), "");
  EXPECT_EQ(leased().size(), 1u);
}

TEST_F(SqliteForeignRows, ATaskWithTheSmallestPossibleDueTimeIsLeased) {
  sqlite3* stranger = nullptr;
  ASSERT_EQ(sqlite3_open(database.path.c_str(), &stranger), SQLITE_OK);
  sqlite3_exec(stranger, "PRAGMA ignore_check_constraints = 1", nullptr, nullptr, nullptr);
  ASSERT_EQ(
      sqlite3_exec(stranger, "INSERT INTO leptir_tasks (id, due, envelope) VALUES ('a', -9223372036854775808, '{}')",
                   nullptr, nullptr, nullptr),
      SQLITE_OK);
  sqlite3_close(stranger);
  EXPECT_EQ(leased().size(), 1u);
}

}  // namespace
}  // namespace leptir::sqlite
