#include "backends/sqlite/sqlite_migrations.h"

#include <array>

#include "backends/sqlite/sqlite_due.h"
#include "backends/sqlite/sqlite_schema.h"

namespace leptir::sqlite {
namespace {

// All names begin with leptir_, because an application may keep tables of its own in the same file.
// `lease` of a task is the number of its last lease. Its default takes as many bytes as a real number (see
// kHolderNone). SQLite uses a partial index only if the statement repeats the condition of the index literally.
// Other programs may write to the tables: STRICT and the CHECKs refuse values that arithmetic here could not handle.
constexpr auto kState = R"sql(
CREATE TABLE leptir_state (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL CHECK (value BETWEEN 0 AND 4611686018427387904)) STRICT;
INSERT INTO leptir_state VALUES
  ('version', 4), ('last lease', 0), ('file', abs(random() % 4611686018427387904));
)sql";

// The last four columns say where a session was opened: see session_evidence.h.
constexpr auto kSessions = R"sql(
CREATE TABLE leptir_sessions (
  number INTEGER PRIMARY KEY AUTOINCREMENT CONSTRAINT "number is 16777232 to 2^61" CHECK (
    number BETWEEN 16777232 AND 2305843009213693952),
  instance TEXT NOT NULL, epoch INTEGER NOT NULL CHECK (epoch >= 0),
  state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),
  host TEXT NOT NULL,
  pid INTEGER NOT NULL CONSTRAINT "pid is 0 to 2147483647" CHECK (pid BETWEEN 0 AND 2147483647),
  version TEXT NOT NULL,
  workers INTEGER NOT NULL CONSTRAINT "workers is 0 to 2147483647" CHECK (workers BETWEEN 0 AND 2147483647),
  opened INTEGER NOT NULL CONSTRAINT "opened is microseconds since 1970, at most 1e17" CHECK (
    opened BETWEEN -100000000000000000 AND 100000000000000000),
  ended INTEGER CONSTRAINT "ended is empty or microseconds since 1970, at most 1e17" CHECK (
    ended BETWEEN -100000000000000000 AND 100000000000000000),
  file TEXT,
  lock INTEGER CONSTRAINT "lock is empty or an inode, never 0" CHECK (lock <> 0),
  boot TEXT, visible TEXT,
  UNIQUE (instance, epoch)) STRICT;
INSERT INTO sqlite_sequence (name, seq) VALUES ('leptir_sessions', 16777231);
)sql";

constexpr auto kTasks = R"sql(
CREATE TABLE leptir_tasks (
  seq INTEGER PRIMARY KEY,
  id TEXT,
  due INTEGER NOT NULL CONSTRAINT "due is microseconds since 1970, at most 1e17" CHECK (
    due BETWEEN -100000000000000000 AND 100000000000000000 OR
    due BETWEEN -2405843009213693952 AND -2205843009213693952),
  holder INTEGER NOT NULL DEFAULT 16777216
    CONSTRAINT "holder is at least 16777216, and 16777218 to 16777231 are reserved" CHECK (
    holder IN (16777216, 16777217) OR holder BETWEEN 16777232 AND 2305843009213693952),
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
)sql";

constexpr auto kRecords = R"sql(
CREATE TABLE leptir_records (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  lease INTEGER NOT NULL CONSTRAINT "lease is 0 to 2^62" CHECK (lease BETWEEN 0 AND 4611686018427387904),
  step INTEGER NOT NULL CONSTRAINT "step is 0 to 255" CHECK (step BETWEEN 0 AND 255),
  saved INTEGER NOT NULL CONSTRAINT "saved is microseconds since 1970, at most 1e17" CHECK (
    saved BETWEEN -100000000000000000 AND 100000000000000000),
  record TEXT NOT NULL) STRICT;
CREATE INDEX leptir_records_saved ON leptir_records (saved);
)sql";

static_assert(kHolderNone == 16777216 && kHolderBuried == 16777217 && kLastReserved == 16777231 &&
                  kMaxTimeSpan.count() == 100'000'000'000 && kAtOnceOffset == 2305843009213693952 &&
                  kLargestSession == 2305843009213693952 && kLargestLease == 4611686018427387904,
              "the tables name these numbers");

// Version 1 accepted any value in any column, so its rows are copied into new tables with CHECKs. Its record table is
// kept, because it may have gigabytes.
constexpr auto kSetAsideVersion1 = R"sql(
CREATE TABLE leptir_old_state AS SELECT name, value FROM leptir_state;
INSERT INTO leptir_old_state SELECT 'last session', seq FROM sqlite_sequence WHERE name = 'leptir_sessions';
CREATE TABLE leptir_old_sessions AS SELECT * FROM leptir_sessions;
CREATE TABLE leptir_old_tasks AS SELECT * FROM leptir_tasks;
DROP TABLE leptir_state;
DROP TABLE leptir_sessions;
DROP TABLE leptir_tasks;
)sql";

// Numbers are clamped. A session row with impossible values is dropped, and its tasks return to the queue. A task whose
// `due` is not a number is buried with that reason.
constexpr auto kBringBackVersion1 = R"sql(
UPDATE leptir_state SET value = coalesce((
  SELECT min(max(old.value, 0), 2305843009213693952) FROM leptir_old_state old
  WHERE old.name = 'last lease' AND typeof(old.value) = 'integer'), 0) WHERE name = 'last lease';
UPDATE sqlite_sequence SET seq = coalesce((
  SELECT max(16777231, old.value) FROM leptir_old_state old
  WHERE old.name = 'last session' AND typeof(old.value) = 'integer' AND old.value < 2305843009213693952), 16777231)
  WHERE name = 'leptir_sessions';
INSERT OR IGNORE INTO leptir_sessions
    (number, instance, epoch, state, host, pid, version, workers, opened, ended)
  SELECT number, instance, epoch, state, host, min(max(pid, 0), 2147483647), version,
    min(max(workers, 0), 2147483647), min(max(opened, -100000000000000000), 100000000000000000),
    min(max(ended, -100000000000000000), 100000000000000000)
  FROM leptir_old_sessions
  WHERE typeof(instance) = 'text' AND typeof(epoch) = 'integer' AND typeof(state) = 'integer' AND
    typeof(host) = 'text' AND typeof(pid) = 'integer' AND typeof(version) = 'text' AND typeof(workers) = 'integer' AND
    typeof(opened) = 'integer' AND typeof(ended) IN ('integer', 'null');
INSERT INTO leptir_tasks
  SELECT seq,
    CASE WHEN typeof(id) = 'text' THEN id WHEN wrong THEN lower(hex(randomblob(16))) END,
    CASE typeof(due) WHEN 'integer' THEN min(max(due, -100000000000000000), 100000000000000000) ELSE 0 END,
    CASE
      WHEN holder = 16777217 OR wrong THEN 16777217
      WHEN EXISTS (SELECT 1 FROM leptir_sessions WHERE number = old.holder) THEN holder
      ELSE 16777216 END,
    CASE typeof(lease) WHEN 'integer' THEN min(max(lease, 0), 2305843009213693952) ELSE 0 END,
    CASE typeof(failures) WHEN 'integer' THEN min(max(failures, 0), 4294967295) ELSE 0 END,
    CASE typeof(crashes) WHEN 'integer' THEN min(max(crashes, 0), 4294967295) ELSE 0 END,
    CASE typeof(expiries) WHEN 'integer' THEN min(max(expiries, 0), 4294967295) ELSE 0 END,
    CASE typeof(unknown) WHEN 'integer' THEN min(max(unknown, 0), 4294967295) ELSE 0 END,
    CAST(cancelled_by AS TEXT),
    CASE WHEN holder = 16777217 AND typeof(buried) = 'integer' THEN min(max(buried, 0), 2305843009213693952)
      WHEN holder = 16777217 OR wrong THEN 0 END,
    CASE WHEN wrong THEN 'its due time was no number of microseconds but ' || typeof(due) || ': ' ||
      substr(CAST(due AS TEXT), 1, 100) ELSE CAST(reason AS TEXT) END,
    CAST(envelope AS TEXT)
  FROM (SELECT *, typeof(due) <> 'integer' AND holder <> 16777217 AS wrong FROM leptir_old_tasks) old ORDER BY seq;
DROP TABLE leptir_old_state;
DROP TABLE leptir_old_sessions;
DROP TABLE leptir_old_tasks;
)sql";

// Version 2 did not record where a session was opened: the new columns of its rows are NULL.
constexpr auto kOrigins = R"sql(
ALTER TABLE leptir_sessions ADD COLUMN file TEXT;
ALTER TABLE leptir_sessions ADD COLUMN lock INTEGER;
ALTER TABLE leptir_sessions ADD COLUMN boot TEXT;
ALTER TABLE leptir_sessions ADD COLUMN visible TEXT;
INSERT INTO leptir_state VALUES ('file', abs(random() % 4611686018427387904));
)sql";

// Version 3 accepted any number of a session and of a holder. Its record table is kept.
constexpr auto kSetAsideVersion3 = R"sql(
CREATE TABLE leptir_old_sessions AS SELECT * FROM leptir_sessions;
CREATE TABLE leptir_old_tasks AS SELECT * FROM leptir_tasks;
CREATE TABLE leptir_old_sequence AS SELECT seq FROM sqlite_sequence
  WHERE name = 'leptir_sessions' AND typeof(seq) = 'integer' AND seq BETWEEN 16777231 AND 2305843009213693951;
DROP TABLE leptir_sessions;
DROP TABLE leptir_tasks;
)sql";

// Numbers in a session row are clamped. A session whose own number is beyond 2^61 is dropped, and tasks that no session
// holds return to the queue.
constexpr auto kBringBackVersion3 = R"sql(
INSERT OR IGNORE INTO leptir_sessions
    (number, instance, epoch, state, host, pid, version, workers, opened, ended, file, lock, boot, visible)
  SELECT number, instance, epoch, state, host, min(max(pid, 0), 2147483647), version,
    min(max(workers, 0), 2147483647), min(max(opened, -100000000000000000), 100000000000000000),
    min(max(ended, -100000000000000000), 100000000000000000), file, nullif(lock, 0), boot, visible
  FROM leptir_old_sessions;
UPDATE sqlite_sequence SET seq = max(seq, coalesce((SELECT max(seq) FROM leptir_old_sequence), 0))
  WHERE name = 'leptir_sessions';
INSERT INTO leptir_tasks
  SELECT seq, id, due,
    CASE
      WHEN holder = 16777217 OR EXISTS (SELECT 1 FROM leptir_sessions WHERE number = old.holder) THEN holder
      ELSE 16777216 END,
    lease, failures, crashes, expiries, unknown, cancelled_by, buried, reason, envelope
  FROM leptir_old_tasks old ORDER BY seq;
UPDATE leptir_records SET saved = min(max(saved, -100000000000000000), 100000000000000000)
  WHERE saved < -100000000000000000 OR saved > 100000000000000000;
DROP TABLE leptir_old_sessions;
DROP TABLE leptir_old_tasks;
DROP TABLE leptir_old_sequence;
)sql";

}  // namespace

std::span<const SchemaStep> schemaSteps() {
  static constexpr std::array kMake{kState, kSessions, kTasks, kRecords};
  static constexpr std::array kFrom1{kSetAsideVersion1, kState, kSessions, kTasks, kBringBackVersion1};
  static constexpr std::array kFrom2{kOrigins};
  static constexpr std::array kFrom3{kSetAsideVersion3, kSessions, kTasks, kBringBackVersion3};
  static constexpr std::array<SchemaStep, 4> kSteps{{{0, 4, kMake}, {1, 4, kFrom1}, {2, 3, kFrom2}, {3, 4, kFrom3}}};
  return kSteps;
}

}  // namespace leptir::sqlite
