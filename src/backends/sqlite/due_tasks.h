// The tasks that one session may lease now or next: those that are due, except the ones that it leaves to other
// sessions for a while (TaskRelease::leftToOthersUntil).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backends/sqlite/sqlite_statement.h"
#include "broker/tasks_left_to_others.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::sqlite {

// Used within a transaction, as its statements.
class DueTasks {
 public:
  explicit DueTasks(SqliteConnection& connection);

  struct Selection {
    std::vector<LeasedTask> tasks;
    std::vector<std::int64_t> rows;  // of the tasks
  };
  // At most `limit` tasks, the first in the queue first.
  Selection select(std::size_t limit);

  // The time until the session can lease its next task. Zero or less: now.
  Duration untilNext();

  // Remembers that the session leaves this released task to others until `leftToOthersUntil`. Answers the due time to
  // store, which is `leftToOthersUntil` if the session cannot remember that.
  std::optional<Time> leaveToOthers(std::int64_t row, const TaskRelease& released);
  // Ends leaveToOthers(): from now on the session may lease the task in this row again.
  void leaseAgain(std::int64_t row);

 private:
  bool mayLease(std::int64_t row, Time now);
  Duration untilNextWithTasksLeftToOthers();
  std::string idOf(std::int64_t row);

  SqliteConnection& connection_;
  broker::TasksLeftToOthers<std::string> leftToOthers_;  // by task id
  SqliteStatement earliest_;
  SqliteStatement atOnce_;
  SqliteStatement byTime_;
  SqliteStatement waiting_;
  SqliteStatement id_;
};

}  // namespace leptir::sqlite
