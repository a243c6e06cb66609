// Makes and upgrades the tables, and names the numbers in their columns that SQL statements use.
#pragma once

#include <string>

#include "backends/sqlite/sqlite_connection.h"

namespace leptir::sqlite {

// Column `holder` of a task: the number of the session that leased it, or one of these two. All are so large that
// each takes four bytes: a lease then rewrites the row in place, while a longer row would split the page, which a push
// has filled completely.
inline constexpr std::int64_t kHolderNone = 1 << 24;
inline constexpr std::int64_t kHolderBuried = kHolderNone + 1;  // buried
inline constexpr std::int64_t kLastReserved = kHolderNone + 15;
inline constexpr std::int64_t kLargestSession = std::int64_t{1} << 61;
// Column `lease` of a task or a record.
inline constexpr std::int64_t kLargestLease = std::int64_t{1} << 62;

// Column `state` of a session.
inline constexpr std::int64_t kOpen = 0;
inline constexpr std::int64_t kClaimed = 1;  // its tasks are being returned to the queue
inline constexpr std::int64_t kEnded = 2;  // holds no tasks; the row stays for 30 days, so that its epoch is not reused

// SQL condition, for statements on leptir_sessions: the instance has opened a later session.
inline constexpr auto kIsSuperseded =
    "EXISTS (SELECT 1 FROM leptir_sessions later"
    " WHERE later.instance = leptir_sessions.instance AND later.epoch > leptir_sessions.epoch)";

// SQL expression that identifies this database file, as text. Bind the text of the connection's file identity to it:
// device and inode, which a copy does not share. The random number tells the file from an earlier one with that inode.
inline constexpr auto kThisFile = "(SELECT value FROM leptir_state WHERE name = 'file') || ' ' || ?";

// Makes the tables, or upgrades those of an earlier version (sqlite_migrations.h). Invalid: a newer leptir made them.
// Corrupt: another program removed some. With WhenMissing::ReportNotFound nothing is made or changed; NotFound: there
// are no tables.
Result<void> prepareSchema(SqliteConnection& connection, WhenMissing missing = WhenMissing::Create);

}  // namespace leptir::sqlite
