#include "backends/sqlite/sqlite_migrations.h"

#include <array>

#include "backends/sqlite/sql_text.h"

namespace leptir::sqlite {
namespace {

// All names begin with leptir_, because an application may keep tables of its own in the same file.
// `lease` of a task is the number of its last lease. Its default takes as many bytes as a real number (see
// kHolderNone). SQLite uses a partial index only if the statement repeats the condition of the index literally.
// Other programs may write to the tables: STRICT and the CHECKs refuse values that arithmetic here could not handle.
constexpr SqlText kState(R"sql(
CREATE TABLE leptir_state (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL CHECK (value BETWEEN 0 AND {largest_lease})) STRICT;
INSERT INTO leptir_state VALUES
  ('version', 5), ('last lease', 0), ('file', {random_file_number});
)sql");

// The last four columns say where a session was opened: see session_evidence.h.
constexpr SqlText kSessions(R"sql(
CREATE TABLE leptir_sessions (
  number INTEGER PRIMARY KEY AUTOINCREMENT CONSTRAINT "number is {first_session} to 2^61" CHECK (
    number BETWEEN {first_session} AND {largest_session}),
  instance TEXT NOT NULL, epoch INTEGER NOT NULL CHECK (epoch >= 0),
  state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),
  host TEXT NOT NULL,
  pid INTEGER NOT NULL CONSTRAINT "pid is 0 to {largest_int}" CHECK (pid BETWEEN 0 AND {largest_int}),
  version TEXT NOT NULL,
  workers INTEGER NOT NULL CONSTRAINT "workers is 0 to {largest_int}" CHECK (workers BETWEEN 0 AND {largest_int}),
  opened INTEGER NOT NULL CONSTRAINT "opened is microseconds since 1970, at most 1e17" CHECK (
    opened BETWEEN -{largest_time} AND {largest_time}),
  ended INTEGER CONSTRAINT "ended is empty or microseconds since 1970, at most 1e17" CHECK (
    ended BETWEEN -{largest_time} AND {largest_time}),
  file TEXT,
  lock INTEGER CONSTRAINT "lock is empty or an inode, never 0" CHECK (lock <> 0),
  boot TEXT, visible TEXT,
  UNIQUE (instance, epoch)) STRICT;
INSERT INTO sqlite_sequence (name, seq) VALUES ('leptir_sessions', {last_reserved});
)sql");

constexpr SqlText kTasks(R"sql(
CREATE TABLE leptir_tasks (
  seq INTEGER PRIMARY KEY,
  id TEXT,
  due INTEGER NOT NULL CONSTRAINT "due is microseconds since 1970, at most 1e17" CHECK (
    due BETWEEN -{largest_time} AND {largest_time} OR
    due BETWEEN {first_at_once} AND {last_at_once}),
  holder INTEGER NOT NULL DEFAULT {no_holder}
    CONSTRAINT "holder is at least {no_holder}, and {first_reserved} to {last_reserved} are reserved" CHECK (
    holder IN ({no_holder}, {buried}) OR holder BETWEEN {first_session} AND {largest_session}),
  lease INTEGER NOT NULL DEFAULT {no_lease_yet} CONSTRAINT "lease is 0 to 2^62" CHECK (
    lease BETWEEN 0 AND {largest_lease}),
  failures INTEGER NOT NULL DEFAULT 0, crashes INTEGER NOT NULL DEFAULT 0,
  expiries INTEGER NOT NULL DEFAULT 0, unknown INTEGER NOT NULL DEFAULT 0,
  cancelled_by TEXT,
  buried INTEGER CONSTRAINT "buried is empty or 0 to 2^62" CHECK (buried BETWEEN 0 AND {largest_burial}),
  reason TEXT,
  envelope TEXT NOT NULL,
  CONSTRAINT "failures, crashes, expiries and unknown are 0 to {largest_counter}" CHECK (
    failures BETWEEN 0 AND {largest_counter} AND crashes BETWEEN 0 AND {largest_counter} AND
    expiries BETWEEN 0 AND {largest_counter} AND unknown BETWEEN 0 AND {largest_counter})) STRICT;
CREATE UNIQUE INDEX leptir_tasks_id ON leptir_tasks (id);
CREATE INDEX leptir_tasks_waiting ON leptir_tasks (due) WHERE {is_waiting};
CREATE INDEX leptir_tasks_held ON leptir_tasks (holder) WHERE {is_leased};
CREATE INDEX leptir_tasks_buried ON leptir_tasks (buried) WHERE {is_buried};
)sql");

constexpr SqlText kRecords(R"sql(
CREATE TABLE leptir_records (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  lease INTEGER NOT NULL CONSTRAINT "lease is 0 to 2^62" CHECK (lease BETWEEN 0 AND {largest_lease}),
  step INTEGER NOT NULL CONSTRAINT "step is 0 to {largest_step}" CHECK (step BETWEEN 0 AND {largest_step}),
  saved INTEGER NOT NULL CONSTRAINT "saved is microseconds since 1970, at most 1e17" CHECK (
    saved BETWEEN -{largest_time} AND {largest_time}),
  record TEXT NOT NULL) STRICT;
CREATE INDEX leptir_records_saved ON leptir_records (saved);
)sql");

// What instances and commands share (FleetStore). `expires` is empty for texts that stay. A row of leptir_state counts
// the changes of orders and pauses: see fleet_statements.h.
constexpr SqlText kFleet(R"sql(
CREATE TABLE leptir_fleet (
  key TEXT NOT NULL UNIQUE,
  value TEXT NOT NULL,
  expires INTEGER CONSTRAINT "expires is empty or microseconds since 1970, at most 1e17" CHECK (
    expires BETWEEN -{largest_time} AND {largest_time})) STRICT;
CREATE INDEX leptir_fleet_expires ON leptir_fleet (expires) WHERE expires IS NOT NULL;
)sql");

// Version 1 accepted any value in any column, so its rows are copied into new tables with CHECKs. Its record table is
// kept, because it may have gigabytes.
constexpr SqlText kSetAsideVersion1(R"sql(
CREATE TABLE leptir_old_state AS SELECT name, value FROM leptir_state;
INSERT INTO leptir_old_state SELECT 'last session', seq FROM sqlite_sequence WHERE name = 'leptir_sessions';
CREATE TABLE leptir_old_sessions AS SELECT * FROM leptir_sessions;
CREATE TABLE leptir_old_tasks AS SELECT * FROM leptir_tasks;
DROP TABLE leptir_state;
DROP TABLE leptir_sessions;
DROP TABLE leptir_tasks;
)sql");

// Numbers are clamped. A session row with impossible values is dropped, and its tasks return to the queue. A task whose
// `due` is not a number is buried with that reason.
constexpr SqlText kBringBackVersion1(R"sql(
UPDATE leptir_state SET value = coalesce((
  SELECT min(max(old.value, 0), {largest_accepted}) FROM leptir_old_state old
  WHERE old.name = 'last lease' AND typeof(old.value) = 'integer'), 0) WHERE name = 'last lease';
UPDATE sqlite_sequence SET seq = coalesce((
  SELECT max({last_reserved}, old.value) FROM leptir_old_state old
  WHERE old.name = 'last session' AND typeof(old.value) = 'integer' AND old.value < {largest_session}), {last_reserved})
  WHERE name = 'leptir_sessions';
INSERT OR IGNORE INTO leptir_sessions
    (number, instance, epoch, state, host, pid, version, workers, opened, ended)
  SELECT number, instance, epoch, state, host, min(max(pid, 0), {largest_int}), version,
    min(max(workers, 0), {largest_int}), min(max(opened, -{largest_time}), {largest_time}),
    min(max(ended, -{largest_time}), {largest_time})
  FROM leptir_old_sessions
  WHERE typeof(instance) = 'text' AND typeof(epoch) = 'integer' AND typeof(state) = 'integer' AND
    typeof(host) = 'text' AND typeof(pid) = 'integer' AND typeof(version) = 'text' AND typeof(workers) = 'integer' AND
    typeof(opened) = 'integer' AND typeof(ended) IN ('integer', 'null');
INSERT INTO leptir_tasks
  SELECT seq,
    CASE WHEN typeof(id) = 'text' THEN id WHEN wrong THEN lower(hex(randomblob(16))) END,
    CASE typeof(due) WHEN 'integer' THEN min(max(due, -{largest_time}), {largest_time}) ELSE 0 END,
    CASE
      WHEN {is_buried} OR wrong THEN {buried}
      WHEN EXISTS (SELECT 1 FROM leptir_sessions WHERE number = old.holder) THEN holder
      ELSE {no_holder} END,
    CASE typeof(lease) WHEN 'integer' THEN min(max(lease, 0), {largest_accepted}) ELSE 0 END,
    CASE typeof(failures) WHEN 'integer' THEN min(max(failures, 0), {largest_counter}) ELSE 0 END,
    CASE typeof(crashes) WHEN 'integer' THEN min(max(crashes, 0), {largest_counter}) ELSE 0 END,
    CASE typeof(expiries) WHEN 'integer' THEN min(max(expiries, 0), {largest_counter}) ELSE 0 END,
    CASE typeof(unknown) WHEN 'integer' THEN min(max(unknown, 0), {largest_counter}) ELSE 0 END,
    CAST(cancelled_by AS TEXT),
    CASE WHEN {is_buried} AND typeof(buried) = 'integer' THEN min(max(buried, 0), {largest_accepted})
      WHEN {is_buried} OR wrong THEN 0 END,
    CASE WHEN wrong THEN 'its due time was no number of microseconds but ' || typeof(due) || ': ' ||
      substr(CAST(due AS TEXT), 1, 100) ELSE CAST(reason AS TEXT) END,
    CAST(envelope AS TEXT)
  FROM (SELECT *, typeof(due) <> 'integer' AND holder <> {buried} AS wrong FROM leptir_old_tasks) old ORDER BY seq;
DROP TABLE leptir_old_state;
DROP TABLE leptir_old_sessions;
DROP TABLE leptir_old_tasks;
)sql");

// Version 2 did not record where a session was opened: the new columns of its rows are NULL.
constexpr SqlText kAddOriginColumns(R"sql(
ALTER TABLE leptir_sessions ADD COLUMN file TEXT;
ALTER TABLE leptir_sessions ADD COLUMN lock INTEGER;
ALTER TABLE leptir_sessions ADD COLUMN boot TEXT;
ALTER TABLE leptir_sessions ADD COLUMN visible TEXT;
INSERT INTO leptir_state VALUES ('file', {random_file_number});
)sql");

// Version 3 accepted any number of a session and of a holder. Its record table is kept.
constexpr SqlText kSetAsideVersion3(R"sql(
CREATE TABLE leptir_old_sessions AS SELECT * FROM leptir_sessions;
CREATE TABLE leptir_old_tasks AS SELECT * FROM leptir_tasks;
CREATE TABLE leptir_old_sequence AS SELECT seq FROM sqlite_sequence
  WHERE name = 'leptir_sessions' AND typeof(seq) = 'integer' AND seq >= {last_reserved} AND seq < {largest_session};
DROP TABLE leptir_sessions;
DROP TABLE leptir_tasks;
)sql");

// Numbers in a session row are clamped. A session whose own number is beyond 2^61 is dropped, and tasks that no session
// holds return to the queue.
constexpr SqlText kBringBackVersion3(R"sql(
INSERT OR IGNORE INTO leptir_sessions
    (number, instance, epoch, state, host, pid, version, workers, opened, ended, file, lock, boot, visible)
  SELECT number, instance, epoch, state, host, min(max(pid, 0), {largest_int}), version,
    min(max(workers, 0), {largest_int}), min(max(opened, -{largest_time}), {largest_time}),
    min(max(ended, -{largest_time}), {largest_time}), file, nullif(lock, 0), boot, visible
  FROM leptir_old_sessions;
UPDATE sqlite_sequence SET seq = max(seq, coalesce((SELECT max(seq) FROM leptir_old_sequence), 0))
  WHERE name = 'leptir_sessions';
INSERT INTO leptir_tasks
  SELECT seq, id, due,
    CASE
      WHEN {is_buried} OR EXISTS (SELECT 1 FROM leptir_sessions WHERE number = old.holder) THEN holder
      ELSE {no_holder} END,
    lease, failures, crashes, expiries, unknown, cancelled_by, buried, reason, envelope
  FROM leptir_old_tasks old ORDER BY seq;
UPDATE leptir_records SET saved = min(max(saved, -{largest_time}), {largest_time})
  WHERE saved < -{largest_time} OR saved > {largest_time};
DROP TABLE leptir_old_sessions;
DROP TABLE leptir_old_tasks;
DROP TABLE leptir_old_sequence;
)sql");

}  // namespace

std::span<const SchemaStep> schemaSteps() {
  static constexpr std::array kMakeTables{kState.c_str(), kSessions.c_str(), kTasks.c_str(), kRecords.c_str(),
                                          kFleet.c_str()};
  static constexpr std::array kUpgradeFrom1{kSetAsideVersion1.c_str(), kState.c_str(), kSessions.c_str(),
                                            kTasks.c_str(), kBringBackVersion1.c_str()};
  static constexpr std::array kUpgradeFrom2{kAddOriginColumns.c_str()};
  static constexpr std::array kUpgradeFrom3{kSetAsideVersion3.c_str(), kSessions.c_str(), kTasks.c_str(),
                                            kBringBackVersion3.c_str()};
  static constexpr std::array kUpgradeFrom4{kFleet.c_str()};
  static constexpr std::array<SchemaStep, 5> kSteps{{{0, 5, kMakeTables},
                                                     {1, 4, kUpgradeFrom1},
                                                     {2, 3, kUpgradeFrom2},
                                                     {3, 4, kUpgradeFrom3},
                                                     {4, 5, kUpgradeFrom4}}};
  return kSteps;
}

}  // namespace leptir::sqlite
