#include "backends/sqlite/sqlite_schema.h"

namespace leptir {
namespace {

constexpr std::int64_t kVersion = 1;

// The names all begin with leptir_: an application may keep tables of its own in the same file.
// `lease` of a task is the number of its last lease. What stands there before the first is as long as every real one
// (see kWaiting). The parts of the index conditions must be repeated by the statements, letter by letter, to be used.
constexpr auto kTables = R"sql(
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

static_assert(kVersion == 1 && kWaiting == 16777216 && kAside == 16777217 && kLastReserved == 16777231,
              "the tables name these numbers");

// 0: there are no tables of leptir yet.
std::int64_t versionOf(SqliteConnection& connection) {
  SqliteStatement exists(connection, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'leptir_state'");
  if (!exists.with().step()) return 0;
  SqliteStatement version(connection, "SELECT value FROM leptir_state WHERE name = 'version'");
  return version.with().step() ? version.integer(0) : 0;
}

}  // namespace

Result<void> prepareSchema(SqliteConnection& connection) {
  {
    SqliteTransaction look(connection, SqliteTransaction::Kind::Read);
    const auto version = versionOf(connection);
    if (auto read = look.commit(); !read) return read;
    if (version == kVersion) return {};
  }
  SqliteTransaction make(connection, SqliteTransaction::Kind::Write);
  const auto version = versionOf(connection);  // somebody else may have been quicker
  if (version > kVersion) {
    return Error(ErrorCode::Invalid, connection.file().where() + ": made by a newer leptir (schema " +
                                         std::to_string(version) + ", this one knows " + std::to_string(kVersion) +
                                         "); install that version, or choose another path");
  }
  if (version == 0) connection.execute(kTables);
  return make.commit();
}

}  // namespace leptir
