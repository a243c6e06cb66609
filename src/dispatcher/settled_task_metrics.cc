#include "dispatcher/settled_task_metrics.h"

#include <algorithm>
#include <optional>

namespace leptir::dispatcher {

using metrics::SettledTask;
using metrics::TaskEnd;
using settlement::HeldTask;
using settlement::Settlement;

namespace {

TaskEnd endOfAcknowledgedTask(const Settlement& settlement) {
  if (!settlement.failed) return TaskEnd::Succeeded;
  const auto& cause = settlement.record->cause;
  if (cause == nameOf(Cause::Cancelled)) return TaskEnd::Cancelled;
  if (cause == nameOf(Cause::Expired)) return TaskEnd::Expired;
  if (cause == nameOf(Cause::Discarded)) return TaskEnd::Discarded;
  return TaskEnd::Failed;
}

TaskEnd endOf(const Settlement& settlement) {
  switch (settlement.kind) {
    case Settlement::Kind::Acknowledge:
      return endOfAcknowledgedTask(settlement);
    case Settlement::Kind::Release:
      return settlement.record ? TaskEnd::Retried : TaskEnd::GivenBack;  // without a record it has not run
    case Settlement::Kind::GiveBack:
    case Settlement::Kind::LeaveToOthers:
      return TaskEnd::GivenBack;
    case Settlement::Kind::Bury:
      return TaskEnd::Buried;
    case Settlement::Kind::Drop:
      return TaskEnd::Lost;
  }
  return TaskEnd::Lost;
}

// When the task was due for the first time, at the earliest its push. None: its envelope says nothing of it.
std::optional<Time> dueTimeOf(const task::EnvelopeHead& head) {
  if (head.pushedAt && head.timeOfExecution) return std::max(*head.pushedAt, *head.timeOfExecution);
  return head.pushedAt ? head.pushedAt : head.timeOfExecution;
}

void addTimes(const HeldTask& task, const MetaInfo& record, SettledTask& counted) {
  counted.runTime = std::chrono::round<Duration>(std::chrono::duration<double>(record.executionTime));
  const auto due = task.counters.nextAttempt() == 1 ? dueTimeOf(task.head) : std::nullopt;
  if (due) counted.queueTime = std::max(record.started - *due, Duration::zero());
}

}  // namespace

// A record has no time if its task stood in a cell and no outcome could be read from there.
SettledTask settledTaskMetrics(const HeldTask& task, const Settlement& settlement, MayHaveRun mayHaveRun) {
  SettledTask counted{.broker = task.broker, .name = task.knownNameNumber, .end = endOf(settlement)};
  if (!settlement.record) return counted;
  const auto& record = *settlement.record;
  if (settlement.failed) counted.cause = metrics::failureCauseOf(record.cause);
  const bool isMeasured = mayHaveRun == MayHaveRun::Yes && (record.executionTime > 0 || !settlement.failed);
  if (isMeasured) addTimes(task, record, counted);
  return counted;
}

SettledTask lostTaskMetrics(const HeldTask& task) {
  return {.broker = task.broker, .name = task.knownNameNumber, .end = TaskEnd::Lost};
}

}  // namespace leptir::dispatcher
