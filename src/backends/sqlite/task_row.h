// Reads the rows of leptir_tasks. Statements select its columns by the two lists here, whose order the enum follows.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "broker/task_match.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::sqlite {

class SqliteStatement;

// What a lease needs: each column costs time, and a lease reads thousands of rows.
inline constexpr std::string_view kLeasedColumns =
    "seq, lease, due, failures, crashes, expiries, unknown, envelope, cancelled_by";
inline constexpr std::string_view kFoundColumns =
    "seq, lease, due, failures, crashes, expiries, unknown, envelope, cancelled_by, id, holder, reason";
static_assert(kFoundColumns.starts_with(kLeasedColumns));

enum class TaskColumn {
  Row,
  Lease,
  Due,
  Failures,
  Crashes,
  Expiries,
  Unknown,
  Envelope,
  CancelledBy,
  // Only in kFoundColumns:
  Id,
  Holder,
  Reason,
  AfterFound  // the first column that a statement adds
};

// The position of a task in the queue: by its due time, then by its age.
using QueuePosition = std::pair<Time, std::int64_t>;

// The row at which a statement stands.
class TaskRow {
 public:
  explicit TaskRow(const SqliteStatement& statement) : statement_(statement) {}

  std::int64_t number() const;
  QueuePosition queuePosition() const;
  LeasedTask leasedTask() const;
  // The next two are of kFoundColumns. `now` tells due tasks from scheduled ones. The text of a compared task is valid
  // until the next step.
  broker::ComparedTask comparedTask(std::int64_t now) const;
  FoundTask foundTask(std::int64_t now) const;

 private:
  std::int64_t integer(TaskColumn column) const;
  std::string_view text(TaskColumn column) const;
  Counters counters() const;
  TaskState state(std::int64_t now) const;

  const SqliteStatement& statement_;
};

}  // namespace leptir::sqlite
