// FleetStore in a SQLite file: the table leptir_fleet.
#pragma once

#include <memory>

#include "backends/sqlite/sqlite_broker_state.h"
#include "backends/sqlite/sqlite_statement.h"
#include "leptir/spi/fleet_store.h"

namespace leptir::sqlite {

class SqliteFleet final : public FleetStore {
 public:
  explicit SqliteFleet(std::shared_ptr<SqliteBrokerState> state);

  Result<void> put(std::string_view key, std::string_view value, std::optional<Duration> lifetime) override;
  Result<bool> putIfAbsent(std::string_view key, std::string_view value, std::optional<Duration> lifetime) override;
  Result<bool> erase(std::string_view key) override;
  Result<std::string> get(std::string_view key) override;
  Result<std::vector<FleetEntry>> list(std::string_view prefix, std::string_view after, std::size_t limit) override;
  Result<std::uint64_t> version() override;

 private:
  Result<bool> write(SqliteStatement& insert, std::string_view key, std::string_view value,
                     std::optional<Duration> lifetime);
  void changeVersionFor(std::string_view key);
  Result<bool> hasTable();
  Result<void> makeTable();

  std::shared_ptr<SqliteBrokerState> state_;
  SqliteConnection& connection_;
  bool hasTable_ = false;
  SqliteStatement countTables_;
  SqliteStatement deleteExpired_;
  SqliteStatement put_;
  SqliteStatement putIfAbsent_;
  SqliteStatement erase_;
  SqliteStatement get_;
  SqliteStatement list_;
  SqliteStatement version_;
  SqliteStatement changeVersion_;
};

}  // namespace leptir::sqlite
