// Makes and upgrades the tables, and names the numbers in their columns. SQL text gets them by sql_text.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

#include "backends/sqlite/sqlite_file.h"
#include "leptir/spi/broker_task.h"

namespace leptir::sqlite {

class SqliteConnection;

// Column `holder` of a task: the number of the session that leased it, or one of these two. All are so large that
// each takes four bytes: a lease then rewrites the row in place, while a longer row would split the page, which a push
// has filled completely.
inline constexpr std::int64_t kHolderNone = 1 << 24;
inline constexpr std::int64_t kHolderBuried = kHolderNone + 1;  // buried
inline constexpr std::int64_t kLastReservedHolder = kHolderNone + 15;
inline constexpr std::int64_t kLargestSession = std::int64_t{1} << 61;
// If no number is left after the last one, a session gets a random one of this many lowest numbers.
inline constexpr std::int64_t kRandomSessions = std::int64_t{1} << 60;

// Column `lease` of a task or a record. kNoLeaseYet takes as many bytes as a real number, for the same reason.
inline constexpr std::int64_t kNoLeaseYet = std::int64_t{1} << 50;
inline constexpr std::int64_t kLargestLease = std::int64_t{1} << 62;
// Column `buried` of a task.
inline constexpr std::int64_t kLargestBurial = std::int64_t{1} << 62;
// If another program wrote a larger `last lease`, lease numbers start again. Upgrades clamp numbers to this.
inline constexpr std::int64_t kLargestAcceptedNumber = std::int64_t{1} << 61;

// Limits of the other columns.
inline constexpr std::int64_t kLargestTime = std::chrono::microseconds(kMaxTimeSpan).count();
inline constexpr std::int64_t kLargestCounter = std::numeric_limits<std::uint32_t>::max();
inline constexpr std::int64_t kLargestInt = std::numeric_limits<std::int32_t>::max();
inline constexpr std::int64_t kLargestStep = 255;
// The number of the file in leptir_state is random and below this.
inline constexpr std::int64_t kRandomFileNumbers = std::int64_t{1} << 62;

// Column `state` of a session.
inline constexpr std::int64_t kSessionOpen = 0;
inline constexpr std::int64_t kSessionClaimed = 1;  // its tasks are being returned to the queue
inline constexpr std::int64_t kSessionEnded = 2;  // has no tasks; row kept for 30 days, so that its epoch is not reused

// Makes the tables, or upgrades those of an earlier version (sqlite_migrations.h). Invalid: a newer leptir made them.
// Corrupt: another program removed some. With WhenMissing::ReportNotFound nothing is made or changed; NotFound: there
// are no tables.
Result<void> prepareSchema(SqliteConnection& connection, WhenMissing missing = WhenMissing::Create);

}  // namespace leptir::sqlite
