#include "backends/sqlite/sqlite_statement.h"

namespace leptir::sqlite {

void SqliteStatement::start() {
  if (connection_.failed()) return;
  if (statement_ != nullptr) {
    sqlite3_reset(statement_);
    return;
  }
  connection_.noteResultCode(sqlite3_prepare_v3(connection_.handle(), sql_.data(), static_cast<int>(sql_.size()),
                                                SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
}

bool SqliteStatement::step() {
  if (connection_.failed()) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  sqlite3_reset(statement_);
  if (code != SQLITE_DONE) connection_.noteResultCode(code);
  return false;
}

bool SqliteStatement::run() {
  while (step()) {
  }
  return !connection_.failed();
}

}  // namespace leptir::sqlite
