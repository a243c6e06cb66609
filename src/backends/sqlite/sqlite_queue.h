// What a broker, its sessions, its keeper and its recovery share: one connection, and the doorbells of all sessions
// that may wait for a push.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "backends/sqlite/doorbell.h"
#include "backends/sqlite/sqlite_connection.h"
#include "backends/sqlite/sqlite_due.h"
#include "base/saturated.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::sqlite {

// One thread at a time.
struct SqliteQueue {
  explicit SqliteQueue(std::shared_ptr<SqliteConnection> opened)
      : connection(std::move(opened)), bells(connection->file().folder()) {}

  std::shared_ptr<SqliteConnection> connection;
  DoorbellRinger bells;
  std::set<std::string> ownInstances;  // their sessions were opened or resumed by this broker, which never claims them
};

// Reads the counters of a task. All statements select them in this order: failures, crashes, expiries, unknown.
inline Counters readCounters(const SqliteStatement& row, int firstColumn) {
  const auto at = [&](int offset) { return base::saturatedCast<std::uint32_t>(row.integer(firstColumn + offset)); };
  return {at(0), at(1), at(2), at(3)};
}

}  // namespace leptir::sqlite
