#include "backends/sqlite/task_row.h"

#include "backends/sqlite/sqlite_due.h"
#include "backends/sqlite/sqlite_schema.h"
#include "backends/sqlite/sqlite_statement.h"
#include "base/saturated.h"

namespace leptir::sqlite {

std::int64_t TaskRow::integer(TaskColumn column) const {
  return statement_.integer(column);
}

std::string_view TaskRow::text(TaskColumn column) const {
  return statement_.text(column);
}

std::int64_t TaskRow::number() const {
  return integer(TaskColumn::Row);
}

QueuePosition TaskRow::queuePosition() const {
  return {timeOfDue(integer(TaskColumn::Due)), number()};
}

Counters TaskRow::counters() const {
  const auto at = [this](TaskColumn column) { return base::saturatedCast<std::uint32_t>(integer(column)); };
  return {.failures = at(TaskColumn::Failures),
          .crashes = at(TaskColumn::Crashes),
          .expiries = at(TaskColumn::Expiries),
          .unknown = at(TaskColumn::Unknown)};
}

LeasedTask TaskRow::leasedTask() const {
  return {.envelope = std::string(text(TaskColumn::Envelope)),
          .counters = counters(),
          .lease = {static_cast<std::uint64_t>(integer(TaskColumn::Lease)), std::to_string(number())},
          .cancelledBy = std::string(text(TaskColumn::CancelledBy))};
}

TaskState TaskRow::state(std::int64_t now) const {
  const auto holder = integer(TaskColumn::Holder);
  if (holder == kHolderBuried) return TaskState::Buried;
  if (holder != kHolderNone) return TaskState::Leased;
  return integer(TaskColumn::Due) <= now ? TaskState::Due : TaskState::Scheduled;
}

broker::ComparedTask TaskRow::comparedTask(std::int64_t now) const {
  return {.id = text(TaskColumn::Id),
          .state = state(now),
          .due = timeOfDue(integer(TaskColumn::Due)),
          .envelope = text(TaskColumn::Envelope),
          .reason = text(TaskColumn::Reason)};
}

FoundTask TaskRow::foundTask(std::int64_t now) const {
  return {.id = std::string(text(TaskColumn::Id)),
          .state = state(now),
          .due = timeOfDue(integer(TaskColumn::Due)),
          .counters = counters(),
          .envelope = std::string(text(TaskColumn::Envelope)),
          .reason = std::string(text(TaskColumn::Reason))};
}

}  // namespace leptir::sqlite
