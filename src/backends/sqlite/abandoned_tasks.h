// Returns tasks to the queue whose holder is over. Each call is one transaction for each holder, so any instance may
// continue where another one stopped.
#pragma once

#include <cstdint>
#include <vector>

#include "backends/sqlite/sqlite_statement.h"
#include "leptir/result.h"

namespace leptir::sqlite {

class AbandonedTasks {
 public:
  explicit AbandonedTasks(SqliteConnection& connection);

  // At most `limit` tasks of this holder; a claimed session ends with its last task. Answers how many were returned.
  Result<std::size_t> returnTasksOf(std::int64_t holder, std::size_t limit);

  // Tasks whose holder is no session. leptir writes the row of a session before the session leases and keeps it while
  // the session holds tasks, so another program wrote the holder or deleted the row.
  Result<std::size_t> returnTasksWithoutSession(std::size_t limit);

 private:
  Result<std::vector<std::int64_t>> holdersWithoutSession(std::size_t limit);

  SqliteConnection& connection_;
  SqliteStatement holders_;
  SqliteStatement tasks_;
  SqliteStatement return_;
  SqliteStatement endSession_;
};

}  // namespace leptir::sqlite
