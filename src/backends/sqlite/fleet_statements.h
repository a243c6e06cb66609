// The SQL statements on what a fleet shares, with named parameters (see statements.h).
#pragma once

#include "backends/sqlite/sql_text.h"

namespace leptir::sqlite::sql {

inline constexpr SqlText kCountFleetTables(
    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'leptir_fleet'");
inline constexpr SqlText kDeleteExpiredTexts("DELETE FROM leptir_fleet WHERE expires <= :now");
// `:expires` of the next two statements is -1 for a text that never expires.
inline constexpr SqlText kPutText(
    "INSERT INTO leptir_fleet (key, value, expires) VALUES (:key, :value, nullif(:expires, -1))"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires");
inline constexpr SqlText kPutTextIfAbsent(
    "INSERT INTO leptir_fleet (key, value, expires) VALUES (:key, :value, nullif(:expires, -1)) ON CONFLICT (key) DO "
    "NOTHING");
inline constexpr SqlText kEraseText("DELETE FROM leptir_fleet WHERE key = :key");
inline constexpr SqlText kGetText(
    "SELECT value FROM leptir_fleet WHERE key = :key AND (expires IS NULL OR expires > :now)");
enum class TextColumn { Key, Value };
inline constexpr SqlText kListTexts(
    "SELECT key, value FROM leptir_fleet WHERE key >= :prefix AND key < :behind AND key > :after"
    " AND (expires IS NULL OR expires > :now) ORDER BY key LIMIT :most");

inline constexpr SqlText kFleetVersion("SELECT value FROM leptir_state WHERE name = 'fleet version'");
// The new version is at least the current time, so none comes twice if another program deletes the row.
inline constexpr SqlText kChangeFleetVersion(
    "INSERT INTO leptir_state (name, value) VALUES ('fleet version', max(:now, 1)) ON CONFLICT (name) DO UPDATE"
    " SET value = max(iif(value < {largest_accepted}, value, 0) + 1, excluded.value)");

}  // namespace leptir::sqlite::sql
