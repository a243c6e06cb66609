#include "backends/sqlite/sqlite_schema.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "backends/sqlite/fleet_statements.h"
#include "backends/sqlite/sqlite_migrations.h"
#include "backends/sqlite/sqlite_statement.h"
#include "backends/sqlite/sqlite_transaction.h"
#include "backends/sqlite/statements.h"

namespace leptir::sqlite {
namespace {

constexpr std::int64_t kTableCountOfEachVersion = 4;
constexpr std::int64_t kFirstVersionWithFleet = 5;

// The first column of the first row. Resets the statement: while one reads, SQLite cannot drop a table.
std::optional<std::int64_t> queryNumber(SqliteConnection& connection, std::string_view sql) {
  SqliteStatement select(connection, sql);
  std::optional<std::int64_t> number;
  if (select.with().step()) number = select.integer(0);
  select.reset();
  return number;
}

Error damageError(const SqliteConnection& connection, const std::string& what) {
  return Error(ErrorCode::Corrupt,
               connection.file().where() + ": another program changed the tables of leptir: " + what);
}

// The schema version of the file. 0: it has no tables of leptir yet. Corrupt: some tables or the version are missing.
Result<std::int64_t> versionOf(SqliteConnection& connection) {
  const auto tables = queryNumber(connection, sql::kCountTables);
  if (connection.failed()) return connection.transactionResult().error();
  if (tables == 0) return 0;
  if (tables != kTableCountOfEachVersion) {
    return damageError(connection, std::to_string(*tables) + " of " + std::to_string(kTableCountOfEachVersion) +
                                       " tables are there; restore the database, or choose another path");
  }
  const auto version = queryNumber(connection, sql::kSchemaVersionOfFile);
  if (connection.failed()) return connection.transactionResult().error();
  if (version) {
    if (*version < kFirstVersionWithFleet || queryNumber(connection, sql::kCountFleetTables) == 1) return *version;
    if (connection.failed()) return connection.transactionResult().error();
    return damageError(connection, "leptir_fleet is not there; restore the database, or choose another path");
  }
  return damageError(connection,
                     "leptir_state has no version; restore the database, or, if this leptir made it, INSERT "
                     "INTO leptir_state VALUES ('version', " +
                         std::to_string(kSchemaVersion) + ")");
}

// Upgrades the tables to kSchemaVersion, step by step. False: a version has no step to a later one.
bool upgrade(SqliteConnection& connection, std::int64_t version) {
  while (version != kSchemaVersion) {
    const auto steps = schemaSteps();
    const auto step = std::ranges::find(steps, version, &SchemaStep::from);
    if (step == steps.end()) return false;
    for (const auto* const statements : step->statements) connection.execute(statements);
    SqliteStatement(connection, sql::kSetSchemaVersion).with(step->to).run();
    version = step->to;
  }
  return true;
}

}  // namespace

Result<void> prepareSchema(SqliteConnection& connection, WhenMissing missing) {
  {
    SqliteTransaction read(connection, TransactionKind::Read);
    const auto found = versionOf(connection);
    if (!found) return found.error();
    const auto version = *found;
    if (auto finished = read.commit(); !finished) return finished;
    if (version == kSchemaVersion) return {};
    if (missing == WhenMissing::ReportNotFound && version == 0) return notMadeYet(connection.file());
    if (missing == WhenMissing::ReportNotFound && version < kSchemaVersion) return {};
  }
  SqliteTransaction make(connection, TransactionKind::Write);
  const auto found = versionOf(connection);  // again: another process may have made the tables meanwhile
  if (!found) return found.error();
  const auto version = *found;
  if (version > kSchemaVersion) {
    return Error(ErrorCode::Invalid, connection.file().where() + ": made by a newer leptir (schema " +
                                         std::to_string(version) + ", this one knows " +
                                         std::to_string(kSchemaVersion) +
                                         "); install that version, or choose another path");
  }
  if (!upgrade(connection, version)) {
    return Error(ErrorCode::Invalid, connection.file().where() + ": its tables have schema " + std::to_string(version) +
                                         ", which no leptir ever made; restore the database, or choose another path");
  }
  return make.commit();
}

}  // namespace leptir::sqlite
