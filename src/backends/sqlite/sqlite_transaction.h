// A transaction on a SqliteConnection.
#pragma once

#include "backends/sqlite/sqlite_connection.h"

namespace leptir::sqlite {

// From BEGIN to COMMIT; the destructor rolls back if commit() was not called. A read transaction sees one snapshot of
// the database; a write transaction excludes all other writers. The constructor waits until no other thread of this
// process has a transaction on the file.
class SqliteTransaction {
 public:
  SqliteTransaction(SqliteConnection& connection, TransactionKind kind, Durability durability = Durability::Full)
      : connection_(connection), checksFiles_(kind == TransactionKind::Write && durability == Durability::Full) {
    connection_.lock();
    connection_.begin(kind, durability);
  }
  ~SqliteTransaction() {
    if (!isOpen_) return;
    connection_.rollBack();
    connection_.unlock();
  }
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;

  // Commits. If a statement of the transaction or the commit failed, rolls back and returns the first error. An error
  // of the check after the commit (the files were replaced) is returned too; the transaction is committed then.
  Result<void> commit() {
    isOpen_ = false;
    auto result = connection_.commit();
    if (result && checksFiles_) result = connection_.checkFilesAfterCommit();
    connection_.unlock();
    return result;
  }

 private:
  SqliteConnection& connection_;
  bool checksFiles_;  // commit() also checks that the paths still name the open files
  bool isOpen_ = true;
};

}  // namespace leptir::sqlite
