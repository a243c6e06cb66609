// The tables, and the numbers in them that statements must name.
#pragma once

#include <string>

#include "backends/sqlite/sqlite_connection.h"

namespace leptir {

// `holder` of a task: the number of the session that holds it, or one of these two. All are large, so that each takes
// four bytes: a lease then rewrites its row in place, where a row that grew would split pages that a push has filled to
// the brim.
inline constexpr std::int64_t kWaiting = 1 << 24;
inline constexpr std::int64_t kAside = kWaiting + 1;  // buried
inline constexpr std::int64_t kLastReserved = kWaiting + 15;
inline constexpr std::int64_t kLargestSession = std::int64_t{1} << 61;
// Of a task or a record.
inline constexpr std::int64_t kLargestLease = std::int64_t{1} << 62;

// `state` of a session.
inline constexpr std::int64_t kOpen = 0;
inline constexpr std::int64_t kClaimed = 1;  // what it held is being given back
inline constexpr std::int64_t kEnded =
    2;  // holds nothing; the row stays for a while, since an epoch is opened only once

// In statements on leptir_sessions: whether the instance has opened a later session.
inline constexpr auto kIsSuperseded =
    "EXISTS (SELECT 1 FROM leptir_sessions later"
    " WHERE later.instance = leptir_sessions.instance AND later.epoch > leptir_sessions.epoch)";

// In statements: which file this is, as text. Its parameter is SqliteConnection::place().text(): device and inode,
// which a copy does not share; the random number tells a new file from an earlier one whose inode it got.
inline constexpr auto kThisFile = "(SELECT value FROM leptir_state WHERE name = 'file') || ' ' || ?";

// Makes the tables, or brings those of an earlier version (sqlite_migrations.h). Invalid: a newer leptir made them.
// With Missing::IsNotFound nothing is made or changed; NotFound: there are none.
Result<void> prepareSchema(SqliteConnection& connection, Missing missing = Missing::IsMade);

}  // namespace leptir
