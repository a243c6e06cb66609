// The prepared statements of one connection: those in use, and those of closed stores, which are yet to be finalized.
#pragma once

#include <mutex>
#include <unordered_set>
#include <vector>

struct sqlite3_stmt;

namespace leptir::sqlite {

class SqliteStatement;

// Any thread.
class StatementList {
 public:
  void add(SqliteStatement& statement);
  // Takes over the prepared statement, whose owner is about to be destroyed. Only finalizeRetired() finalizes it, since
  // another thread may be in a transaction now.
  void retire(SqliteStatement& statement);

  // Call the next two while no statement of the connection is in use by another thread.
  void finalizeRetired();
  void finalizeAll();

 private:
  void finalizeRetiredLocked();

  std::mutex mutex_;  // guards statements_ and retired_
  std::unordered_set<SqliteStatement*> statements_;
  std::vector<sqlite3_stmt*> retired_;
};

}  // namespace leptir::sqlite
