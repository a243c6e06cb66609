#include "backends/sqlite/sqlite_fleet.h"

#include <algorithm>
#include <chrono>

#include "backends/sqlite/fleet_statements.h"
#include "backends/sqlite/sqlite_schema.h"
#include "backends/sqlite/sqlite_transaction.h"
#include "base/saturated.h"
#include "broker/fleet_rules.h"

namespace leptir::sqlite {
namespace {

// Texts that live shorter are written again and again (the cards of instances): their commits are not synced.
constexpr std::chrono::minutes kMinSyncedLifetime{1};

constexpr std::int64_t kNeverExpires = -1;  // as in fleet_statements.h

Durability durabilityFor(const std::optional<Duration>& lifetime) {
  return lifetime && *lifetime < kMinSyncedLifetime ? Durability::Normal : Durability::Full;
}

}  // namespace

SqliteFleet::SqliteFleet(std::shared_ptr<SqliteBrokerState> state)
    : state_(std::move(state)),
      connection_(*state_->connection),
      countTables_(connection_, sql::kCountFleetTables),
      deleteExpired_(connection_, sql::kDeleteExpiredTexts),
      put_(connection_, sql::kPutText),
      putIfAbsent_(connection_, sql::kPutTextIfAbsent),
      erase_(connection_, sql::kEraseText),
      get_(connection_, sql::kGetText),
      list_(connection_, sql::kListTexts),
      version_(connection_, sql::kFleetVersion),
      changeVersion_(connection_, sql::kChangeFleetVersion) {}

Result<void> SqliteFleet::put(std::string_view key, std::string_view value, std::optional<Duration> lifetime) {
  const auto written = write(put_, key, value, lifetime);
  return written ? Result<void>() : written.error();
}

Result<bool> SqliteFleet::putIfAbsent(std::string_view key, std::string_view value, std::optional<Duration> lifetime) {
  return write(putIfAbsent_, key, value, lifetime);
}

// Returns whether the statement has changed the table.
Result<bool> SqliteFleet::write(SqliteStatement& insert, std::string_view key, std::string_view value,
                                std::optional<Duration> lifetime) {
  if (auto fine = broker::checkFleetEntry(key, value); !fine) return fine.error();
  if (auto made = makeTable(); !made) return made.error();
  SqliteTransaction write(connection_, TransactionKind::Write, durabilityFor(lifetime));
  const auto now = connection_.now();
  const auto end = lifetime ? std::min(base::saturatedAdd(now, lifetime->count()), kLargestTime) : kNeverExpires;
  deleteExpired_.with(now).run();
  const bool isChanged = insert.with(key, value, end).runUpdate() > 0;
  if (isChanged) changeVersionFor(key);
  if (auto written = write.commit(); !written) return written.error();
  return isChanged;
}

Result<bool> SqliteFleet::erase(std::string_view key) {
  if (auto made = makeTable(); !made) return made.error();
  SqliteTransaction write(connection_, TransactionKind::Write);
  deleteExpired_.with(connection_.now()).run();
  const bool wasThere = erase_.with(key).runUpdate() > 0;
  if (wasThere) changeVersionFor(key);
  if (auto written = write.commit(); !written) return written.error();
  return wasThere;
}

void SqliteFleet::changeVersionFor(std::string_view key) {
  if (broker::changesFleetVersion(key)) changeVersion_.with(connection_.now()).run();
}

Result<std::string> SqliteFleet::get(std::string_view key) {
  const auto isMade = hasTable();
  if (!isMade) return isMade.error();
  if (!*isMade) return broker::noSuchFleetEntry(key);
  SqliteTransaction read(connection_, TransactionKind::Read);
  std::optional<std::string> value;
  if (get_.with(key, connection_.now()).step()) value = get_.text(0);
  if (auto finished = read.commit(); !finished) return finished.error();
  if (!value) return broker::noSuchFleetEntry(key);
  return std::move(*value);
}

// Keys are printable ASCII, so every key with the prefix is less than the prefix with a DEL behind it.
Result<std::vector<FleetEntry>> SqliteFleet::list(std::string_view prefix, std::string_view after, std::size_t limit) {
  std::vector<FleetEntry> listed;
  const auto isMade = hasTable();
  if (!isMade) return isMade.error();
  if (!*isMade) return listed;
  const auto behind = std::string(prefix) + '\x7f';
  SqliteTransaction read(connection_, TransactionKind::Read);
  list_.with(prefix, behind, after, connection_.now(), limit);
  while (list_.step())
    listed.push_back({std::string(list_.text(sql::TextColumn::Key)), std::string(list_.text(sql::TextColumn::Value))});
  if (auto finished = read.commit(); !finished) return finished.error();
  return listed;
}

Result<std::uint64_t> SqliteFleet::version() {
  SqliteTransaction read(connection_, TransactionKind::Read);
  const auto version = version_.with().step() ? version_.integer(0) : 0;
  if (auto finished = read.commit(); !finished) return finished.error();
  return static_cast<std::uint64_t>(version);
}

// A command that only reads opens also the database of an earlier leptir, which it does not upgrade: that has no table.
Result<bool> SqliteFleet::hasTable() {
  if (hasTable_) return true;
  SqliteTransaction read(connection_, TransactionKind::Read);
  hasTable_ = countTables_.with().step() && countTables_.integer(0) == 1;
  if (auto finished = read.commit(); !finished) return finished.error();
  return hasTable_;
}

Result<void> SqliteFleet::makeTable() {
  const auto isMade = hasTable();
  if (!isMade) return isMade.error();
  return *isMade ? Result<void>() : prepareSchema(connection_);
}

}  // namespace leptir::sqlite
