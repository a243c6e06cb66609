#include "backends/sqlite/sqlite_schema.h"

#include <algorithm>

#include "backends/sqlite/sqlite_migrations.h"

namespace leptir {
namespace {

// 0: there are no tables of leptir yet.
std::int64_t versionOf(SqliteConnection& connection) {
  SqliteStatement exists(connection, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'leptir_state'");
  const bool hasTables = exists.with().step();
  exists.reset();  // while a statement reads, no table can be dropped
  if (!hasTables) return 0;
  SqliteStatement select(connection, "SELECT value FROM leptir_state WHERE name = 'version'");
  const auto version = select.with().step() ? select.integer(0) : 0;
  select.reset();
  return version;
}

// Step by step to the version of this leptir. False: no step leads away from a version on the way.
bool upgrade(SqliteConnection& connection, std::int64_t version) {
  while (version != kSchemaVersion) {
    const auto steps = schemaSteps();
    const auto step = std::ranges::find(steps, version, &SchemaStep::from);
    if (step == steps.end()) return false;
    for (const auto* const statements : step->statements) connection.execute(statements);
    SqliteStatement(connection, "UPDATE leptir_state SET value = ? WHERE name = 'version'").with(step->to).run();
    version = step->to;
  }
  return true;
}

}  // namespace

Result<void> prepareSchema(SqliteConnection& connection, Missing missing) {
  {
    SqliteTransaction look(connection, SqliteTransaction::Kind::Read);
    const auto version = versionOf(connection);
    if (auto read = look.commit(); !read) return read;
    if (version == kSchemaVersion) return {};
    if (missing == Missing::IsNotFound && version == 0) return notMadeYet(connection.file());
    if (missing == Missing::IsNotFound && version < kSchemaVersion) return {};
  }
  SqliteTransaction make(connection, SqliteTransaction::Kind::Write);
  const auto version = versionOf(connection);  // somebody else may have been quicker
  if (version > kSchemaVersion) {
    return Error(ErrorCode::Invalid, connection.file().where() + ": made by a newer leptir (schema " +
                                         std::to_string(version) + ", this one knows " +
                                         std::to_string(kSchemaVersion) +
                                         "); install that version, or choose another path");
  }
  if (!upgrade(connection, version)) {
    return Error(ErrorCode::Invalid, connection.file().where() + ": its tables say schema " + std::to_string(version) +
                                         ", which there never was; restore the database, or choose another path");
  }
  return make.commit();
}

}  // namespace leptir
