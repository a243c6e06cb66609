#include "dispatcher/traced_run_of.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace leptir::dispatcher {

using settlement::HeldTask;
using settlement::Settlement;

namespace {

bool isOneOf(std::string_view cause, const auto& causes) {
  return std::ranges::any_of(causes, [&](Cause each) { return nameOf(each) == cause; });
}

// Whether the task began to run: not a task that was cancelled or expired before, or that no worker could take.
bool hasRun(const Settlement& settlement) {
  constexpr std::array kCausesOfRuns{Cause::Finished, Cause::Threw,       Cause::TimedOut,  Cause::Cancelled,
                                     Cause::Crashed,  Cause::OutOfMemory, Cause::Discarded, Cause::RetryLater};
  return settlement.record && settlement.record->ended && isOneOf(settlement.record->cause, kCausesOfRuns);
}

// As for error reports: a retry that the task asked for, a discard and a cancellation are no errors.
bool isError(const Settlement& settlement) {
  constexpr std::array kNoErrors{Cause::RetryLater, Cause::Discarded, Cause::Cancelled};
  return settlement.failed && !isOneOf(settlement.record->cause, kNoErrors);
}

// When the wait of the task began. Unknown for a retry, since no store says when that was due.
std::optional<Time> dueTimeOf(const HeldTask& task, const task::RunTrace& trace, Time started) {
  if (task.counters.attempts() > 0) return std::nullopt;
  const auto& head = task.head;
  if (head.pushedAt) return std::max(*head.pushedAt, head.timeOfExecution.value_or(*head.pushedAt));
  if (head.timeOfExecution) return head.timeOfExecution;
  // The span of the wait begins the trace, so there must be one.
  return trace.pusher ? std::nullopt : std::optional(started);
}

}  // namespace

std::optional<RunSpans> runSpansOf(const task::TraceSettings& traceSettings, const HeldTask& task,
                                   const Settlement& settlement) {
  const auto& head = task.head;
  const auto trace = task::runTraceOf(traceSettings, head.trace, head.id, head.pushedAt, task.lease.number);
  if (!trace || !hasRun(settlement)) return std::nullopt;
  return RunSpans{.trace = *trace, .due = dueTimeOf(task, *trace, settlement.record->started)};
}

tracing::TracedRun tracedRunOf(const RunSpans& spans, const HeldTask& task, const Settlement& settlement,
                               const std::string& broker) {
  const auto& record = *settlement.record;
  const bool failed = isError(settlement);
  return {.trace = spans.trace,
          .id = task.head.id,
          .name = task.head.name,
          .broker = broker,
          .attempt = record.attempt,
          .due = spans.due,
          .started = record.started,
          .ended = *record.ended,
          .pid = record.pid,
          .cause = record.cause,
          .status = std::string(nameOf(record.returnCode)),
          .failed = failed,
          .error = failed ? std::string(base::utf8Prefix(record.response, tracing::kMaxErrorBytes)) : std::string()};
}

}  // namespace leptir::dispatcher
