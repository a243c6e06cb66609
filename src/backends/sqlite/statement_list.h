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
  // Another thread may be in a transaction now, so finalizeRetired() finalizes the statement later.
  void retire(SqliteStatement& statement);

  // Call the next two while no statement of the connection is in use by another thread.
  void finalizeRetired();
  void finalizeAll();

 private:
  void finalizeRetiredLocked();

  std::mutex mutex_;  // guards both
  std::unordered_set<SqliteStatement*> statements_;
  std::vector<sqlite3_stmt*> retired_;
};

}  // namespace leptir::sqlite
