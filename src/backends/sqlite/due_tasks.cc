#include "backends/sqlite/due_tasks.h"

#include <algorithm>

#include "backends/sqlite/sqlite_due.h"
#include "backends/sqlite/statements.h"
#include "backends/sqlite/task_row.h"
#include "base/saturated.h"

namespace leptir::sqlite {

DueTasks::DueTasks(SqliteConnection& connection)
    : connection_(connection),
      earliest_(connection, sql::kEarliestDue),
      atOnce_(connection, sql::kDueAtOnceTasks),
      byTime_(connection, sql::kDueByTimeTasks),
      waiting_(connection, sql::kWaitingTasks),
      id_(connection, sql::kIdOfTask) {}

// Merges two lists, each in the order of the queue: the tasks that are due at once, and those that are due by the time.
DueTasks::Selection DueTasks::select(std::size_t limit) {
  Selection selected;
  std::size_t bytes = 0;
  const auto now = connection_.clock().now();
  const auto most = limit + leftToOthers_.size();
  bool hasAtOnce = atOnce_.with(most).step(), hasByTime = byTime_.with(connection_.now(), most).step();
  const TaskRow atOnce(atOnce_), byTime(byTime_);
  while ((hasAtOnce || hasByTime) && selected.tasks.size() < limit && bytes <= kMaxLeaseBytes) {
    const bool takeAtOnce = hasAtOnce && (!hasByTime || atOnce.queuePosition() < byTime.queuePosition());
    const auto& row = takeAtOnce ? atOnce : byTime;
    if (mayLease(row.number(), now)) {
      selected.tasks.push_back(row.leasedTask());
      selected.rows.push_back(row.number());
      bytes += selected.tasks.back().envelope.size();
    }
    (takeAtOnce ? hasAtOnce : hasByTime) = (takeAtOnce ? atOnce_ : byTime_).step();
  }
  atOnce_.reset();
  byTime_.reset();
  return selected;
}

bool DueTasks::mayLease(std::int64_t row, Time now) {
  return leftToOthers_.empty() || !leftToOthers_.until(idOf(row), now);
}

Duration DueTasks::untilNext() {
  if (!leftToOthers_.empty()) return untilNextWithTasksLeftToOthers();
  const bool some = earliest_.with().step() && !earliest_.isNull(0);
  return some ? Duration(base::saturatedSubtract(earliest_.integer(0), connection_.now())) : Duration::max();
}

// Tasks that the session leaves to others count from the end of that time.
Duration DueTasks::untilNextWithTasksLeftToOthers() {
  const auto now = connection_.clock().now();
  auto earliest = Time::max();
  waiting_.with(leftToOthers_.size() + 1);
  while (waiting_.step()) {
    const auto stored = waiting_.integer(sql::WaitingColumn::Due);
    const auto due = stored < kAtOnceLimit ? now : timeOfDue(stored);
    const auto until = leftToOthers_.until(waiting_.text(sql::WaitingColumn::Id), now);
    earliest = std::min(earliest, std::max(due, until.value_or(due)));
    if (!until) break;
  }
  waiting_.reset();
  return base::saturatedSubtract(earliest, now);
}

std::optional<Time> DueTasks::leaveToOthers(std::int64_t row, const TaskRelease& released) {
  const auto id = idOf(row);
  const bool isLeft = !id.empty() && leftToOthers_.add(id, *released.leftToOthersUntil, connection_.clock().now());
  return isLeft ? released.due : released.leftToOthersUntil;
}

void DueTasks::leaseAgain(std::int64_t row) {
  if (!leftToOthers_.empty()) leftToOthers_.forget(idOf(row));
}

// Empty: the row is gone or has no id.
std::string DueTasks::idOf(std::int64_t row) {
  std::string id(id_.with(row).step() ? id_.text(0) : std::string_view());
  id_.reset();
  return id;
}

}  // namespace leptir::sqlite
