// What a broker, its sessions, its keeper and its recovery have in common: one connection, and the bells of those who
// wait.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "backends/sqlite/doorbell.h"
#include "backends/sqlite/sqlite_connection.h"
#include "backends/sqlite/sqlite_due.h"
#include "base/saturated.h"
#include "leptir/simple_broker.h"

namespace leptir {

// One thread at a time.
struct SqliteQueue {
  explicit SqliteQueue(std::shared_ptr<SqliteConnection> opened)
      : connection(std::move(opened)), bells(connection->file().folder()) {}

  std::shared_ptr<SqliteConnection> connection;
  DoorbellRinger bells;
  std::set<std::string> ownInstances;  // whose sessions were opened or resumed here: never claimed here
};

// The statements on tasks all name counters in this order: failures, crashes, expiries, unknown.
inline Counters countersAt(const SqliteStatement& row, int firstColumn) {
  const auto at = [&](int offset) { return saturatedCast<std::uint32_t>(row.integer(firstColumn + offset)); };
  return {at(0), at(1), at(2), at(3)};
}

}  // namespace leptir
