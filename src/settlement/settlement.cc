#include "settlement/settlement.h"

#include <utility>

#include "base/duration_text.h"
#include "base/saturated.h"
#include "task/times_of_task.h"

namespace leptir::settlement {
namespace {

bool succeeded(const Outcome& outcome) {
  return outcome.cause == Cause::Finished &&
         (outcome.status == ExitStatus::Success || outcome.status == ExitStatus::Warning);
}

// After a run that failed by itself: released for a retry while attempts are left; acknowledged if the task asked for
// no retries, as PHP leptir does.
void applyFailure(Settlement& settlement, const HeldTask& task, double jitter) {
  base::incrementSaturated(settlement.counters.failures);
  if (task.head.maxAttempts <= 1) {
    settlement.kind = Settlement::Kind::Acknowledge;
  } else if (settlement.counters.failures < task.head.maxAttempts) {
    settlement.kind = Settlement::Kind::Release;
    settlement.delay = delayAfterFailure(settlement.counters.failures, jitter, task.retryDelay);
  } else {
    settlement.kind = Settlement::Kind::Bury;
    settlement.reason = "failed " + std::to_string(settlement.counters.failures) +
                        " times, the last time: " + howItEnded(*settlement.record);
  }
}

// `what` is the process that died ("its worker", "its program"), `how` tells of its last death.
void applyCrash(Settlement& settlement, const std::string& what, const std::string& how) {
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

void applyUnsuccessfulOutcome(Settlement& settlement, const HeldTask& task, const Outcome& outcome, double jitter) {
  switch (outcome.cause) {
    case Cause::Crashed:
      return applyCrash(settlement, "its program", "killed by signal " + std::to_string(outcome.signal));
    case Cause::Discarded:
    case Cause::Expired:
      return;  // acknowledged
    case Cause::RetryLater:
      settlement.kind = Settlement::Kind::Release;
      settlement.delay = outcome.retryAfter.value_or(Duration::zero());
      return;
    default:
      return applyFailure(settlement, task, jitter);
  }
}

void applyVerdict(Settlement& settlement, const HeldTask& task, const link::Verdict& verdict, double jitter) {
  switch (verdict.reason) {
    case link::StopReason::TimeLimit:
      return applyFailure(settlement, task, jitter);
    case link::StopReason::Cancel:
      return;  // acknowledged
    default:
      return applyCrash(settlement, "its worker", settlement.record->response);
  }
}

// Adds to the record of a run that did not succeed: the status of the task, why it is buried if it is, and the
// envelope, to run it again.
Settlement failed(Settlement settlement, std::string_view envelope) {
  settlement.failed = true;
  settlement.record->envelope = envelope;
  if (settlement.kind == Settlement::Kind::Release) settlement.record->status = TaskStatus::Pending;
  if (settlement.kind == Settlement::Kind::Bury) addBurial(settlement.reason, *settlement.record);
  return settlement;
}

// For logs: " It runs again in 5.0 s.", " It is buried: …"; empty if the task is over.
std::string nextStepText(const Settlement& settlement) {
  if (settlement.kind == Settlement::Kind::Bury) return " It is buried: " + settlement.reason + ".";
  if (settlement.kind != Settlement::Kind::Release) return {};
  if (settlement.delay < std::chrono::milliseconds(1)) return " It runs again at once.";
  return " It runs again in " + base::durationText(settlement.delay) + ".";
}

bool asksForRetry(const MetaInfo& record) {
  return record.cause == nameOf(Cause::RetryLater);
}

// A burial without a run of its own: the record says why instead of how a run went.
Settlement buried(Settlement settlement, RunFacts why, const HeldTask& task, std::string_view envelope, Time now,
                  const RecordAuthor& author) {
  settlement.kind = Settlement::Kind::Bury;
  why.started = now;
  why.ended = now;
  settlement.record = recordOf(task, std::move(why), author);
  return failed(std::move(settlement), envelope);
}

Settlement giveBack(const HeldTask& task) {
  return {.kind = Settlement::Kind::GiveBack, .counters = task.counters};
}

}  // namespace

Settlement settlementOfOutcome(const HeldTask& task, std::string_view envelope, Outcome outcome,
                               const RecordAuthor& author, double jitter) {
  if (outcome.cause == Cause::GaveBack) return giveBack(task);
  Settlement settlement{.counters = task.counters, .record = recordOfOutcome(task, outcome, author)};
  if (succeeded(outcome)) return settlement;
  settlement.thrown = std::move(outcome.thrown);
  applyUnsuccessfulOutcome(settlement, task, outcome, jitter);
  return failed(std::move(settlement), envelope);
}

Settlement settlementOfVerdict(const HeldTask& task, std::string_view envelope, const link::Verdict& verdict,
                               Time started, Time ended, const RecordAuthor& author, double jitter) {
  if (verdict.reason == link::StopReason::Shutdown) return giveBack(task);
  if (verdict.reason == link::StopReason::LeaseLost) return {.kind = Settlement::Kind::Drop};
  Settlement settlement{.counters = task.counters, .record = recordOfVerdict(task, verdict, started, ended, author)};
  applyVerdict(settlement, task, verdict, jitter);
  return failed(std::move(settlement), envelope);
}

Settlement settlementOfUnsettlable(const HeldTask& task, std::string_view envelope, std::uint32_t deaths, Time now,
                                   const RecordAuthor& author) {
  Settlement settlement{.counters = task.counters};
  base::incrementSaturated(settlement.counters.crashes);
  settlement.reason = std::to_string(deaths) + " dispatchers died while they saved the outcome of its run";
  RunFacts why{
      .cause = Cause::Crashed, .status = ExitStatus::Error, .response = "It ran, but " + settlement.reason + "."};
  return buried(std::move(settlement), std::move(why), task, envelope, now, author);
}

Settlement settlementOfCancelled(const HeldTask& task, std::string_view envelope, const std::string& by, Time now,
                                 const RecordAuthor& author) {
  return failed({.counters = task.counters, .record = recordOfCancelled(task, by, now, author)}, envelope);
}

Settlement settlementOfUnknownName(const HeldTask& task, std::string_view envelope, std::optional<Duration> delay,
                                   Time now, const RecordAuthor& author) {
  Settlement settlement{.kind = Settlement::Kind::LeaveToOthers, .counters = task.counters};
  base::incrementSaturated(settlement.counters.unknown);
  if (delay) {
    settlement.delay = *delay;
    return settlement;  // it never ran, so there is nothing to record yet
  }
  settlement.reason = "for a day, no program that leased it had a task named '" + task.head.name + "'";
  RunFacts why{.cause = Cause::UnknownName, .response = "It was not run: " + settlement.reason + "."};
  return buried(std::move(settlement), std::move(why), task, envelope, now, author);
}

Settlement settlementOfMalformed(const HeldTask& task, std::string_view envelope, const std::string& why, Time now,
                                 const RecordAuthor& author) {
  Settlement settlement{.counters = task.counters, .reason = "malformed: " + why};
  return buried(std::move(settlement), {.cause = Cause::Malformed, .response = why}, task, envelope, now, author);
}

Settlement settlementOfDispatcherCrash(const HeldTask& task, std::string_view envelope, Time now,
                                       const RecordAuthor& author) {
  Settlement settlement{.kind = Settlement::Kind::Release, .counters = task.counters};
  base::incrementSaturated(settlement.counters.crashes);
  if (const auto delay = delayAfterCrash(settlement.counters.crashes)) {
    settlement.delay = *delay;
    return settlement;  // other tasks may have crashed the dispatcher, so there is nothing to record yet
  }
  settlement.reason = "the dispatcher died while it held this task alone; crashes so far: " +
                      std::to_string(settlement.counters.crashes);
  RunFacts why{
      .cause = Cause::Crashed, .status = ExitStatus::Error, .response = "It was not run: " + settlement.reason + "."};
  return buried(std::move(settlement), std::move(why), task, envelope, now, author);
}

Settlement settlementOfSessionExpired(const HeldTask& task, std::string_view envelope, Time now,
                                      const RecordAuthor& author) {
  Settlement settlement{.counters = task.counters,
                        .reason = "its session expired " + std::to_string(task.counters.expiries) + " times"};
  RunFacts why{.cause = Cause::SessionExpired,
               .status = ExitStatus::Error,
               .response = "It was not run again: " + settlement.reason + "."};
  settlement = buried(std::move(settlement), std::move(why), task, envelope, now, author);
  settlement.record->attempt = task.counters.lastAttempt();
  return settlement;
}

Settlement settlementOfTooLongLimit(const HeldTask& task, std::string_view envelope, Duration longest, Time now,
                                    const RecordAuthor& author) {
  Settlement settlement{.counters = task.counters,
                        .reason = "its time limit is longer than " + base::durationText(longest) +
                                  ", which is the most that a lease of its broker allows"};
  RunFacts why{.cause = Cause::TimedOut,
               .status = ExitStatus::TimeLimitExceeded,
               .response = "It was not run: " + settlement.reason + "."};
  return buried(std::move(settlement), std::move(why), task, envelope, now, author);
}

Settlement settlementOfExpired(const HeldTask& task, std::string_view envelope, Time now, const RecordAuthor& author) {
  const auto expires = task.head.expires.value_or(now);
  Settlement settlement{.counters = task.counters};
  settlement.record = recordOf(
      task, {.cause = Cause::Expired, .started = now, .ended = now, .response = task::expiryResponse(expires)}, author);
  return failed(std::move(settlement), envelope);
}

std::string describeFailure(const Settlement& settlement) {
  const auto& record = *settlement.record;
  if (record.cause == nameOf(Cause::Expired)) return "Task was not run. " + record.response;
  const auto attempt = "attempt " + std::to_string(record.attempt) + ")." + nextStepText(settlement);
  if (asksForRetry(record)) return "Task asks to be run again later (" + attempt;
  if (record.cause == nameOf(Cause::Discarded)) return "Task discards itself and is not run again (" + attempt;
  if (record.cause == nameOf(Cause::Cancelled)) return "Task was cancelled (" + attempt;
  return "Task has failed (" + howItEnded(record) + ", " + attempt;
}

LogLevel levelOfFailure(const Settlement& settlement) {
  return asksForRetry(*settlement.record) ? LogLevel::Info : LogLevel::Warning;
}

std::string describeFailureByVerdict(const Settlement& settlement) {
  const auto& record = *settlement.record;
  auto how = record.response;
  if (how.ends_with('.')) how.pop_back();
  return how + " (" + record.cause + ", attempt " + std::to_string(record.attempt) + ")." + nextStepText(settlement);
}

}  // namespace leptir::settlement
