#include "settlement/settlement.h"

#include <algorithm>
#include <utility>

#include "base/duration_text.h"
#include "base/saturated.h"
#include "base/utf8.h"
#include "link/worker_stderr.h"
#include "settlement/crash_summary.h"

namespace leptir::settlement {
namespace {

using namespace std::chrono_literals;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

MetaInfo recordOf(const HeldTask& task, const RecordAuthor& author) {
  MetaInfo record;
  record.id = task.head.id;
  record.lease = task.lease.number;
  record.type = task.head.name;
  record.attempt = task.counters.nextAttempt();
  record.host = author.host;
  record.pid = author.pid;
  record.pushed = task.head.pushedAt;
  return record;
}

bool succeeded(const Outcome& outcome) {
  return outcome.cause == Cause::Finished &&
         (outcome.status == ExitStatus::Success || outcome.status == ExitStatus::Warning);
}

// One word: the exit status of a run that ended by itself, otherwise the cause.
std::string outcomeOf(const MetaInfo& record) {
  return record.cause == nameOf(Cause::Finished) ? std::string(nameOf(record.returnCode)) : record.cause;
}

// After a run that failed by itself: released for a retry while attempts are left; acknowledged if the task asked for
// no retries, as PHP leptir does.
void afterFailure(Settlement& settlement, const HeldTask& task, double jitter) {
  settlement.counters = task.counters;
  base::incrementSaturated(settlement.counters.failures);
  if (task.head.maxAttempts <= 1) {
    settlement.kind = Settlement::Kind::Acknowledge;
  } else if (settlement.counters.failures < task.head.maxAttempts) {
    settlement.kind = Settlement::Kind::Release;
    settlement.delay = delayAfterFailure(settlement.counters.failures, jitter, task.retryDelay);
  } else {
    settlement.kind = Settlement::Kind::Bury;
    settlement.reason = "failed " + std::to_string(settlement.counters.failures) +
                        " times, the last time: " + outcomeOf(*settlement.record);
  }
}

// `what` is the process that died ("its worker", "its program"), `how` tells of its last death.
void afterCrash(Settlement& settlement, const HeldTask& task, const std::string& what, const std::string& how) {
  settlement.counters = task.counters;
  base::incrementSaturated(settlement.counters.crashes);
  if (const auto delay = delayAfterCrash(settlement.counters.crashes)) {
    settlement.kind = Settlement::Kind::Release;
    settlement.delay = *delay;
    // An immediate retry keeps the old position, so that a long queue does not delay it.
    settlement.position = *delay == Duration::zero() ? Settlement::Position::Kept : Settlement::Position::Last;
  } else {
    settlement.kind = Settlement::Kind::Bury;
    settlement.reason = what + " died " + std::to_string(settlement.counters.crashes) + " times, the last time: " + how;
  }
}

void recordCanceller(MetaInfo& record, const std::string& by, Time when) {
  record.response = "Cancelled by " + (by.empty() ? std::string("somebody") : by) + ".";
  record.additional = writeJson(Json{{"cancelledBy", by}, {"cancelledAt", unixSeconds(when)}});
}

void afterUnsuccessful(Settlement& settlement, const HeldTask& task, const Outcome& outcome, double jitter) {
  if (outcome.cause == Cause::Crashed)
    return afterCrash(settlement, task, "its program", "killed by signal " + std::to_string(outcome.signal));
  if (outcome.cause != Cause::RetryLater && outcome.cause != Cause::Discarded)
    return afterFailure(settlement, task, jitter);
  settlement.counters = task.counters;
  if (outcome.cause == Cause::Discarded) return;
  settlement.kind = Settlement::Kind::Release;
  settlement.delay = outcome.retryAfter.value_or(Duration::zero());
}

// Adds to the record of a run that did not succeed: the status of the task, and the envelope, to run it again.
void finishFailed(Settlement& settlement, std::string_view envelope) {
  settlement.failed = true;
  settlement.record->envelope = envelope;
  if (settlement.kind == Settlement::Kind::Release) settlement.record->status = TaskStatus::Pending;
}

// For logs: " It runs again in 5.0 s.", " It is buried: …"; empty if the task is over.
std::string nextStepOf(const Settlement& settlement) {
  if (settlement.kind == Settlement::Kind::Bury) return " It is buried: " + settlement.reason + ".";
  if (settlement.kind != Settlement::Kind::Release) return {};
  if (settlement.delay < std::chrono::milliseconds(1)) return " It runs again at once.";
  return " It runs again in " + base::durationText(settlement.delay) + ".";
}

Settlement giveBack(const HeldTask& task) {
  Settlement settlement;
  settlement.kind = Settlement::Kind::GiveBack;
  settlement.counters = task.counters;
  return settlement;
}

}  // namespace

std::string logPrefix(const HeldTask& task) {
  return "[" + task.head.id + "](" + task.head.name + ") ";
}

std::string describeFailure(const Settlement& settlement) {
  const auto& record = *settlement.record;
  return "Task has failed (" + outcomeOf(record) + ", attempt " + std::to_string(record.attempt) + ")." +
         nextStepOf(settlement);
}

std::string describeEnding(const Settlement& settlement) {
  const auto& record = *settlement.record;
  return record.response + " (" + record.cause + ", attempt " + std::to_string(record.attempt) + ")." +
         nextStepOf(settlement);
}

Duration delayAfterFailure(std::uint32_t failures, double jitter, Duration first) {
  const auto doublings = std::min(std::max(failures, 1U) - 1, 20U);
  const auto whole = std::min<Duration>(1h, std::min<Duration>(1h, first) * (1LL << doublings));
  return std::chrono::duration_cast<Duration>(whole * (1.0 - jitter / 4));
}

std::optional<Duration> delayAfterCrash(std::uint32_t crashes) {
  if (crashes >= kMaxCrashes) return std::nullopt;
  return crashes <= 1 ? Duration(0) : Duration(5s);
}

Settlement settleOutcome(const HeldTask& task, std::string_view envelope, Outcome outcome, const RecordAuthor& author,
                         double jitter) {
  if (outcome.cause == Cause::GaveBack) return giveBack(task);
  Settlement settlement;
  auto& record = settlement.record.emplace(recordOf(task, author));
  record.returnCode = outcome.status;
  record.cause = nameOf(outcome.cause);
  record.executionTime = seconds(outcome.executionTime);
  record.cpuTime = seconds(outcome.cpuTime);
  record.started = outcome.started;
  record.ended = base::saturatedAdd(outcome.started, outcome.executionTime);
  record.signal = outcome.signal;
  const bool success = succeeded(outcome);
  record.response = std::move(outcome.response);
  record.flow = std::move(outcome.flow);
  record.additional = std::move(outcome.additional);
  record.result = std::move(outcome.result);
  record.stderrTail = std::move(outcome.stderrTail);
  if (success) {
    settlement.counters = task.counters;
    return settlement;
  }
  afterUnsuccessful(settlement, task, outcome, jitter);
  finishFailed(settlement, envelope);
  return settlement;
}

Settlement settleVerdict(const HeldTask& task, std::string_view envelope, const link::Verdict& verdict, Time started,
                         Time ended, const RecordAuthor& author, double jitter) {
  if (verdict.reason == link::StopReason::Shutdown) return giveBack(task);
  Settlement settlement;
  if (verdict.reason == link::StopReason::LeaseLost) {
    settlement.kind = Settlement::Kind::Drop;
    return settlement;
  }
  auto& record = settlement.record.emplace(recordOf(task, author));
  record.started = started;
  record.ended = ended;
  record.executionTime = seconds(base::saturatedSubtract(verdict.ended, verdict.started));
  record.cpuTime = seconds(verdict.cpuTime);
  record.maxRss = verdict.maxRss;
  record.signal = verdict.signal;
  record.stack = verdict.stack;
  record.stderrTail = verdict.stderrTail;
  switch (verdict.reason) {
    case link::StopReason::TimeLimit:
      record.cause = nameOf(Cause::TimedOut);
      record.returnCode = ExitStatus::TimeLimitExceeded;
      record.response = "Time limit exceeded.";
      afterFailure(settlement, task, jitter);
      break;
    case link::StopReason::Cancel:
      record.cause = nameOf(Cause::Cancelled);
      record.returnCode = ExitStatus::Unknown;
      settlement.counters = task.counters;
      settlement.kind = Settlement::Kind::Acknowledge;
      recordCanceller(record, verdict.cancelledBy, ended);
      break;
    default:
      record.cause = nameOf(crashCause(verdict));
      record.returnCode = ExitStatus::Error;
      record.response = describeCrash(verdict);
      afterCrash(settlement, task, "its worker", record.response);
  }
  finishFailed(settlement, envelope);
  return settlement;
}

Settlement settleUnsettlable(const HeldTask& task, std::string_view envelope, std::uint32_t deaths, Time now,
                             const RecordAuthor& author) {
  Settlement settlement;
  settlement.kind = Settlement::Kind::Bury;
  settlement.counters = task.counters;
  base::incrementSaturated(settlement.counters.crashes);
  settlement.reason = std::to_string(deaths) + " dispatchers died while they settled what came of it";
  auto& record = settlement.record.emplace(recordOf(task, author));
  record.cause = nameOf(Cause::Crashed);
  record.returnCode = ExitStatus::Error;
  record.response = "It ran, but " + settlement.reason + ".";
  record.started = now;
  record.ended = now;
  finishFailed(settlement, envelope);
  return settlement;
}

void addTaskOutput(Outcome said, MetaInfo& record) {
  if (!said.response.empty()) record.response = said.response + ' ' + record.response;
  if (record.additional.empty()) record.additional = std::move(said.additional);
  record.flow = std::move(said.flow);
  record.result = std::move(said.result);
  record.stderrTail += said.stderrTail;
  record.stderrTail.erase(
      0, record.stderrTail.size() - base::utf8Suffix(record.stderrTail, link::kStderrTailBytes).size());
}

Settlement settleCancelled(const HeldTask& task, std::string_view envelope, const std::string& by, Time now,
                           const RecordAuthor& author) {
  Settlement settlement;
  settlement.counters = task.counters;
  auto& record = settlement.record.emplace(recordOf(task, author));
  record.cause = nameOf(Cause::Cancelled);
  record.returnCode = ExitStatus::Unknown;
  record.started = now;
  record.ended = now;
  recordCanceller(record, by, now);
  finishFailed(settlement, envelope);
  return settlement;
}

Settlement settleUnknownName(const HeldTask& task, std::string_view envelope, std::optional<Duration> delay, Time now,
                             const RecordAuthor& author) {
  Settlement settlement;
  settlement.counters = task.counters;
  base::incrementSaturated(settlement.counters.unknown);
  if (delay) {
    settlement.kind = Settlement::Kind::LeaveToOthers;
    settlement.delay = *delay;
    return settlement;  // it never ran, so there is nothing to record yet
  }
  settlement.kind = Settlement::Kind::Bury;
  settlement.reason = "no program knew its name '" + task.head.name + "' for a day";
  auto& record = settlement.record.emplace(recordOf(task, author));
  record.cause = nameOf(Cause::UnknownName);
  record.returnCode = ExitStatus::Unknown;
  record.response = "Nobody knows a task of this name.";
  record.started = now;
  record.ended = now;
  finishFailed(settlement, envelope);
  return settlement;
}

MetaInfo runningRecord(const HeldTask& task, Time started, const RecordAuthor& author) {
  auto record = recordOf(task, author);
  record.step = MetaStep::Running;
  record.status = TaskStatus::InProgress;
  record.started = started;
  return record;
}

}  // namespace leptir::settlement
