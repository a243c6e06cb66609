// What a broker, its sessions, its keeper and its recovery share: one connection, and the doorbells of all sessions
// that may wait for a push.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "backends/sqlite/doorbell.h"
#include "backends/sqlite/sqlite_connection.h"

namespace leptir::sqlite {

// One thread at a time.
struct SqliteBrokerState {
  explicit SqliteBrokerState(std::shared_ptr<SqliteConnection> opened)
      : connection(std::move(opened)), bells(connection->file().folder()) {}

  std::shared_ptr<SqliteConnection> connection;
  DoorbellRinger bells;
  std::set<std::string> ownInstances;  // their sessions were opened or resumed by this broker, which never claims them
};

}  // namespace leptir::sqlite
