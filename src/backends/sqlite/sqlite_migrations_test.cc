// Upgrades of databases of earlier versions, also with rows that another program wrote.
#include "backends/sqlite/sqlite_migrations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <map>

#include "backends/sqlite/file_lookup.h"
#include "backends/sqlite/sqlite_connection.h"
#include "tests/support/sqlite_database.h"

namespace leptir::sqlite {
namespace {

using ::testing::HasSubstr;

// The tables as version 1 made them.
constexpr auto kTablesOfVersion1 = R"sql(
CREATE TABLE leptir_state (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE leptir_sessions (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  instance TEXT NOT NULL, epoch INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0,
  host TEXT NOT NULL, pid INTEGER NOT NULL, version TEXT NOT NULL, workers INTEGER NOT NULL,
  opened INTEGER NOT NULL, ended INTEGER,
  UNIQUE (instance, epoch));
CREATE TABLE leptir_tasks (
  seq INTEGER PRIMARY KEY,
  id TEXT,
  due INTEGER NOT NULL,
  holder INTEGER NOT NULL DEFAULT 16777216,
  lease INTEGER NOT NULL DEFAULT 1125899906842624,
  failures INTEGER NOT NULL DEFAULT 0, crashes INTEGER NOT NULL DEFAULT 0,
  expiries INTEGER NOT NULL DEFAULT 0, unknown INTEGER NOT NULL DEFAULT 0,
  cancelled_by TEXT, buried INTEGER, reason TEXT,
  envelope TEXT NOT NULL);
CREATE UNIQUE INDEX leptir_tasks_id ON leptir_tasks (id);
CREATE INDEX leptir_tasks_waiting ON leptir_tasks (due) WHERE holder = 16777216;
CREATE INDEX leptir_tasks_held ON leptir_tasks (holder) WHERE holder > 16777217;
CREATE INDEX leptir_tasks_buried ON leptir_tasks (buried) WHERE holder = 16777217;
CREATE TABLE leptir_records (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  lease INTEGER NOT NULL, step INTEGER NOT NULL,
  saved INTEGER NOT NULL,
  record TEXT NOT NULL);
CREATE INDEX leptir_records_saved ON leptir_records (saved);
INSERT INTO leptir_state VALUES ('version', 1), ('last lease', 0);
INSERT INTO sqlite_sequence (name, seq) VALUES ('leptir_sessions', 16777231);
)sql";

// The tables as version 2 made them, and their upgrade to version 3.
constexpr auto kTablesOfVersion3 = R"sql(
CREATE TABLE leptir_state (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL CHECK (value BETWEEN 0 AND 4611686018427387904)) STRICT;
CREATE TABLE leptir_sessions (
  number INTEGER PRIMARY KEY AUTOINCREMENT CHECK (number > 16777231),
  instance TEXT NOT NULL, epoch INTEGER NOT NULL CHECK (epoch >= 0),
  state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),
  host TEXT NOT NULL, pid INTEGER NOT NULL, version TEXT NOT NULL, workers INTEGER NOT NULL,
  opened INTEGER NOT NULL, ended INTEGER,
  UNIQUE (instance, epoch)) STRICT;
CREATE TABLE leptir_tasks (
  seq INTEGER PRIMARY KEY,
  id TEXT,
  due INTEGER NOT NULL CONSTRAINT "due is microseconds since 1970, at most 1e17" CHECK (
    due BETWEEN -100000000000000000 AND 100000000000000000 OR
    due BETWEEN -2405843009213693952 AND -2205843009213693952),
  holder INTEGER NOT NULL DEFAULT 16777216 CONSTRAINT "holder is at least 16777216" CHECK (
    holder >= 16777216),
  lease INTEGER NOT NULL DEFAULT 1125899906842624 CONSTRAINT "lease is 0 to 2^62" CHECK (
    lease BETWEEN 0 AND 4611686018427387904),
  failures INTEGER NOT NULL DEFAULT 0, crashes INTEGER NOT NULL DEFAULT 0,
  expiries INTEGER NOT NULL DEFAULT 0, unknown INTEGER NOT NULL DEFAULT 0,
  cancelled_by TEXT,
  buried INTEGER CONSTRAINT "buried is empty or 0 to 2^62" CHECK (buried BETWEEN 0 AND 4611686018427387904),
  reason TEXT,
  envelope TEXT NOT NULL,
  CONSTRAINT "failures, crashes, expiries and unknown are 0 to 4294967295" CHECK (
    failures BETWEEN 0 AND 4294967295 AND crashes BETWEEN 0 AND 4294967295 AND
    expiries BETWEEN 0 AND 4294967295 AND unknown BETWEEN 0 AND 4294967295)) STRICT;
CREATE UNIQUE INDEX leptir_tasks_id ON leptir_tasks (id);
CREATE INDEX leptir_tasks_waiting ON leptir_tasks (due) WHERE holder = 16777216;
CREATE INDEX leptir_tasks_held ON leptir_tasks (holder) WHERE holder > 16777217;
CREATE INDEX leptir_tasks_buried ON leptir_tasks (buried) WHERE holder = 16777217;
INSERT INTO leptir_state VALUES ('version', 2), ('last lease', 0);
INSERT INTO sqlite_sequence (name, seq) VALUES ('leptir_sessions', 16777231);
CREATE TABLE leptir_records (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  lease INTEGER NOT NULL, step INTEGER NOT NULL,
  saved INTEGER NOT NULL,
  record TEXT NOT NULL) STRICT;
CREATE INDEX leptir_records_saved ON leptir_records (saved);
ALTER TABLE leptir_sessions ADD COLUMN file TEXT;
ALTER TABLE leptir_sessions ADD COLUMN lock INTEGER;
ALTER TABLE leptir_sessions ADD COLUMN boot TEXT;
ALTER TABLE leptir_sessions ADD COLUMN visible TEXT;
INSERT INTO leptir_state VALUES ('file', abs(random() % 4611686018427387904));
UPDATE leptir_state SET value = 3 WHERE name = 'version';
)sql";

class SqliteMigrations : public ::testing::Test {
 protected:
  void execute(const std::string& sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(database.path.c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
    sqlite3_close(handle);
  }

  FoundTask find(const std::string& id) { return must(database.broker()->keeper().find(id)); }

  // SQLite's error message for the statement; empty: success.
  std::string refusalOf(const std::string& sql) {
    sqlite3* handle = nullptr;
    EXPECT_EQ(sqlite3_open(database.path.c_str(), &handle), SQLITE_OK);
    const bool isDone = sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
    const std::string refusal = isDone ? "" : sqlite3_errmsg(handle);
    sqlite3_close(handle);
    return refusal;
  }

  // The CREATE statements of the tables and indices in the file, by name.
  static std::map<std::string, std::string> schemaOf(const std::filesystem::path& path) {
    std::map<std::string, std::string> made;
    sqlite3* handle = nullptr;
    EXPECT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
    const auto note = [](void* into, int, char** values, char**) {
      (*static_cast<std::map<std::string, std::string>*>(into))[values[0]] = values[1] == nullptr ? "" : values[1];
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(handle, "SELECT name, sql FROM sqlite_master", note, &made, nullptr), SQLITE_OK);
    sqlite3_close(handle);
    return made;
  }

  TestDatabase database;
};

TEST_F(SqliteMigrations, AnUpgradedDatabaseHasTheTablesOfANewOne) {
  TestDatabase fresh;
  fresh.broker();
  auto made = schemaOf(fresh.path);
  made.erase("leptir_records");  // an upgrade keeps this table, since it may be large
  for (const auto* tables : {kTablesOfVersion1, kTablesOfVersion3}) {
    for (const auto* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(database.path.string() + suffix);
    execute(tables);
    database.broker();
    auto old = schemaOf(database.path);
    old.erase("leptir_records");
    EXPECT_EQ(old, made);
  }
}

TEST_F(SqliteMigrations, EveryEarlierVersionHasAnUpgradeStep) {
  for (std::int64_t version = 0; version < kSchemaVersion; ++version) {
    const auto steps = schemaSteps();
    const auto step = std::ranges::find(steps, version, &SchemaStep::from);
    ASSERT_NE(step, steps.end()) << version;
    EXPECT_GT(step->to, version);
    EXPECT_LE(step->to, kSchemaVersion);
  }
}

TEST_F(SqliteMigrations, TasksRecordsAndSessionsSurviveTheUpgrade) {
  execute(std::string(kTablesOfVersion1) + R"sql(
INSERT INTO leptir_sessions VALUES (16777300, 'a', 3, 0, 'host', 7, '0.1', 2, 5, NULL);
INSERT INTO leptir_tasks (id, due, holder, lease, failures, reason, buried, envelope) VALUES
  ('waits', 1700000000000000, 16777216, 4, 1, NULL, NULL, '{"w":1}'),
  ('held', 1700000000000001, 16777300, 5, 0, NULL, NULL, '{"h":1}'),
  ('buried', 1700000000000002, 16777217, 6, 2, 'why', 9, '{"b":1}');
INSERT INTO leptir_records (id, lease, step, saved, record) VALUES ('done', 1, 2, 4000000000000000, '{"id":"done"}');
UPDATE leptir_state SET value = 77 WHERE name = 'last lease';
)sql");
  const auto waits = find("waits"), buried = find("buried");
  EXPECT_EQ(waits.state, TaskState::Due);
  EXPECT_EQ(waits.due, Time(std::chrono::seconds(1'700'000'000)));
  EXPECT_EQ(waits.counters, (Counters{.failures = 1}));
  EXPECT_EQ(waits.envelope, R"({"w":1})");
  EXPECT_EQ(find("held").state, TaskState::Leased);
  EXPECT_EQ(buried.state, TaskState::Buried);
  EXPECT_EQ(buried.reason, "why");
  EXPECT_EQ(must(database.records()->loadMetaInfoById("done")).at("id"), "done");
  const auto lock = database.lock(std::string(32, 'b'));
  const auto broker = database.broker();
  must(broker->openSession({std::string(32, 'b'), 1}, {"host", 1, "1", 1}, std::chrono::minutes(1)));
  execute("INSERT INTO leptir_state SELECT 'next session', number FROM leptir_sessions WHERE number = 16777301");
}

TEST_F(SqliteMigrations, ASessionOfAnEarlierVersionIsJudgedByItsLockOrItsProcesses) {
  const auto unlocked = base::makeInstanceName(), locked = base::makeInstanceName();
  const auto row = [](const std::string& number, const std::string& name) {
    return "INSERT INTO leptir_sessions VALUES (" + number + ", '" + name + "', 1, 0, 'host', 7, '0.1', 2, 5, NULL);" +
           "INSERT INTO leptir_tasks (id, due, holder, envelope) VALUES ('" + name + "', 1, " + number + ", '{}');";
  };
  execute(kTablesOfVersion1 + row("16777300", unlocked) + row("16777301", locked));
  auto lock = database.lock(locked);
  const auto broker = database.broker();
  EXPECT_EQ(must(broker->recoverExpired(10)), 1u);
  EXPECT_EQ(find(locked).state, TaskState::Leased);
  lock = base::UniqueFd();
  EXPECT_EQ(must(broker->recoverExpired(10)), 1u);
}

TEST_F(SqliteMigrations, ASessionOfVersion3KeepsItsLeases) {
  const auto name = base::makeInstanceName();
  execute(kTablesOfVersion3);
  execute("UPDATE leptir_state SET value = 4242 WHERE name = 'file'");
  const auto lock = database.lock(name);
  const auto fileId = identityText(must(fileNamedBy(database.path)));
  execute(
      "INSERT INTO leptir_sessions (number, instance, epoch, state, host, pid, version, workers, opened, file) VALUES"
      " (16777300, '" +
      name + "', 3, 0, 'host', 7, '0.1', 2, 5, '4242 " + fileId +
      "');"
      "INSERT INTO leptir_tasks (id, due, holder, lease, failures, cancelled_by, envelope) VALUES"
      " ('held', 7, 16777300, 5, 2, 'me', '{\"h\":1}')");
  const auto broker = database.broker();
  const auto session = must(broker->resumeSession({name, 3}));
  const auto held = must(session->heldTasks());
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0].counters, (Counters{.failures = 2}));
  EXPECT_EQ(held[0].lease.number, 5u);
  EXPECT_EQ(held[0].envelope, R"({"h":1})");
  must(broker->openSession({name, 4}, {}, std::chrono::minutes(1)));
  execute("INSERT INTO leptir_state SELECT 'next session', number FROM leptir_sessions WHERE number = 16777301");
}

TEST_F(SqliteMigrations, SessionsOfVersion3WithImpossibleNumbersLoseTheirTasks) {
  execute(kTablesOfVersion3);
  execute(R"sql(
INSERT INTO leptir_sessions (number, instance, epoch, host, pid, version, workers, opened)
  VALUES (9223372036854775807, 'x', 1, 'h', 1, 'v', 1, 0);
INSERT INTO leptir_tasks (id, due, holder, envelope) VALUES
  ('a', 0, 9223372036854775807, '{}'), ('b', 0, 16777218, '{}'), ('c', 0, 99999999, '{}');
INSERT INTO leptir_records (id, lease, step, saved, record) VALUES
  ('r', 9223372036854775807, 9223372036854775807, 9223372036854775807, '{"id":"r","old":1}');
)sql");
  for (const auto* id : {"a", "b", "c"}) EXPECT_EQ(find(id).state, TaskState::Due) << id;
  const auto name = base::makeInstanceName();
  const auto lock = database.lock(name);
  const auto broker = database.broker();
  EXPECT_TRUE(broker->openSession({name, 1}, {}, std::chrono::minutes(1)));
  MetaInfo record;
  record.id = "r";
  record.lease = 1;
  const auto records = database.records();
  must(records->saveMetaInfo({&record, 1}));
  EXPECT_FALSE(must(records->loadMetaInfoById("r")).contains("old"));
}

// A column, its values beyond the range at both ends, and the values to which an upgrade clamps them.
struct SessionColumn {
  const char* name;
  const char *tooLow, *lowest;
  const char *tooHigh, *highest;
};

class SqliteSessionColumn : public SqliteMigrations, public testing::WithParamInterface<SessionColumn> {
 protected:
  static std::string rowWith(const std::string& name, const std::string& value) {
    std::map<std::string, std::string> row{{"number", "16777300"}, {"instance", "'a'"}, {"epoch", "3"},
                                           {"host", "'h'"},        {"pid", "7"},        {"version", "'v'"},
                                           {"workers", "2"},       {"opened", "5"}};
    row[name] = value;
    std::string names, values;
    for (const auto& [column, text] : row) {
      names += (names.empty() ? "" : ", ") + column;
      values += (values.empty() ? "" : ", ") + text;
    }
    return "INSERT INTO leptir_sessions (" + names + ") VALUES (" + values + ");";
  }
  void startAnew() {
    for (const auto* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(database.path.string() + suffix);
  }
};

constexpr auto kMin = "-9223372036854775807 - 1", kMax = "9223372036854775807";

INSTANTIATE_TEST_SUITE_P(
    Each, SqliteSessionColumn,
    testing::Values(SessionColumn{"pid", "-1", "0", "2147483648", "2147483647"},
                    SessionColumn{"workers", "-1", "0", "2147483648", "2147483647"},
                    SessionColumn{"opened", kMin, "-100000000000000000", kMax, "100000000000000000"},
                    SessionColumn{"ended", kMin, "-100000000000000000", kMax, "100000000000000000"},
                    SessionColumn{"lock", "0", "NULL", "0", "NULL"}),
    [](const auto& column) { return std::string(column.param.name); });

TEST_P(SqliteSessionColumn, RefusesNumbersOutOfItsRange) {
  database.broker();
  const auto& column = GetParam();
  for (const auto* value : {column.tooLow, column.tooHigh}) {
    EXPECT_THAT(refusalOf(rowWith(column.name, value)), HasSubstr(std::string("failed: ") + column.name + " is "));
  }
  EXPECT_EQ(refusalOf(rowWith(column.name, column.lowest)), "");
  EXPECT_EQ(refusalOf("UPDATE leptir_sessions SET " + std::string(column.name) + " = " + column.highest), "");
}

TEST_P(SqliteSessionColumn, OfAnEarlierVersionIsClampedAndItsSessionKeepsItsTasks) {
  const auto& column = GetParam();
  for (const auto* tables : {kTablesOfVersion1, kTablesOfVersion3}) {
    const bool isOfVersion1 = tables == kTablesOfVersion1;
    if (isOfVersion1 && column.name == std::string("lock")) continue;  // version 1 had none
    const auto low = std::pair(column.tooLow, column.lowest), high = std::pair(column.tooHigh, column.highest);
    for (const auto& [value, clamped] : {low, high}) {
      startAnew();
      execute(tables + rowWith(column.name, value) +
              "INSERT INTO leptir_tasks (id, due, holder, envelope) VALUES ('held', 1, 16777300, '{}');");
      EXPECT_EQ(find("held").state, TaskState::Leased) << value;
      // Inserts the task only if the row has the clamped value; otherwise find() fails.
      execute("INSERT INTO leptir_tasks (id, due, envelope) SELECT 'clamped', 1, '{}' FROM leptir_sessions WHERE " +
              std::string(column.name) + " IS " + clamped);
      EXPECT_EQ(find("clamped").state, TaskState::Due) << value << (isOfVersion1 ? " of version 1" : " of version 3");
    }
  }
}

TEST_F(SqliteMigrations, ATaskWhoseDueTimeIsNotANumberIsBuriedWithTheReason) {
  execute(std::string(kTablesOfVersion1) +
          "INSERT INTO leptir_tasks (id, due, envelope) VALUES ('a', 'soon', '{}'), ('b', 1.5, '{}')");
  EXPECT_EQ(find("a").state, TaskState::Buried);
  EXPECT_THAT(find("a").reason, HasSubstr("no number of microseconds but text: soon"));
  EXPECT_THAT(find("b").reason, HasSubstr("real: 1.5"));
}

TEST_F(SqliteMigrations, NumbersOutOfRangeAreClamped) {
  execute(std::string(kTablesOfVersion1) + R"sql(
INSERT INTO leptir_tasks (id, due, failures, crashes, expiries, unknown, lease, envelope) VALUES
  ('early', -9223372036854775808, -1, 4294967296, 9223372036854775807, 'x', -5, '{}'),
  ('late', 9223372036854775807, 0, 0, 0, 0, 0, '{}');
UPDATE leptir_state SET value = 9223372036854775807 WHERE name = 'last lease';
)sql");
  EXPECT_EQ(find("early").due, Time(-kMaxTimeSpan));
  EXPECT_EQ(find("early").state, TaskState::Due);
  EXPECT_EQ(find("early").counters, (Counters{0, 4'294'967'295, 4'294'967'295, 0}));
  EXPECT_EQ(find("late").due, Time(kMaxTimeSpan));
  EXPECT_EQ(find("late").state, TaskState::Scheduled);
}

TEST_F(SqliteMigrations, TasksThatNoSessionHoldsReturnToTheQueue) {
  execute(std::string(kTablesOfVersion1) + R"sql(
INSERT INTO leptir_sessions VALUES (16777300, 'a', 'x', 0, 'host', 7, '0.1', 2, 5, NULL);
INSERT INTO leptir_tasks (id, due, holder, envelope) VALUES
  ('a', 0, 16777300, '{}'), ('b', 0, 17000000, '{}'), ('c', 0, 5, '{}'), ('d', 0, 'me', '{}');
)sql");
  for (const auto* id : {"a", "b", "c", "d"}) EXPECT_EQ(find(id).state, TaskState::Due) << id;
}

}  // namespace
}  // namespace leptir::sqlite
