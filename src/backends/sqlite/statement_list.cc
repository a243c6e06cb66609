#include "backends/sqlite/statement_list.h"

#include <utility>

#include "backends/sqlite/sqlite_statement.h"

namespace leptir::sqlite {

void StatementList::add(SqliteStatement& statement) {
  const std::lock_guard lock(mutex_);
  statements_.insert(&statement);
}

void StatementList::retire(SqliteStatement& statement) {
  const std::lock_guard lock(mutex_);
  statements_.erase(&statement);
  if (statement.statement_ != nullptr) retired_.push_back(statement.statement_);
}

void StatementList::finalizeRetired() {
  const std::lock_guard lock(mutex_);
  finalizeRetiredLocked();
}

void StatementList::finalizeAll() {
  const std::lock_guard lock(mutex_);
  for (auto* const each : statements_) sqlite3_finalize(std::exchange(each->statement_, nullptr));
  finalizeRetiredLocked();
}

void StatementList::finalizeRetiredLocked() {
  for (auto* statement : retired_) sqlite3_finalize(statement);
  retired_.clear();
}

}  // namespace leptir::sqlite
