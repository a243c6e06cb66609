// For tests of settlements: a task with given counters, and the settlements of runs that ended in a given way.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>

#include "settlement/settlement.h"

namespace leptir::settlement {

inline const RecordAuthor kAuthor{"host", 42};
inline constexpr std::string_view kEnvelope = "{the envelope}";

inline HeldTask taskWith(Counters counters, std::uint32_t maxAttempts = 0) {
  HeldTask task;
  task.lease = {77, "h"};
  task.counters = counters;
  task.head.id = "id";
  task.head.name = "name";
  task.head.maxAttempts = maxAttempts;
  return task;
}

inline Outcome outcomeWith(ExitStatus status, Cause cause = Cause::Finished) {
  Outcome outcome;
  outcome.status = status;
  outcome.cause = cause;
  outcome.executionTime = std::chrono::milliseconds(1500);
  outcome.started = Time(std::chrono::seconds(100));
  return outcome;
}

inline Settlement settleWith(HeldTask task, ExitStatus status) {
  return settlementOfOutcome(task, kEnvelope, outcomeWith(status), kAuthor, 0);
}

inline Settlement died(HeldTask task, link::StopReason reason, int signal = 0) {
  link::Verdict verdict{.reason = reason,
                        .started = BootTime(std::chrono::seconds(1)),
                        .ended = BootTime(std::chrono::seconds(3)),
                        .signal = signal,
                        .maxRss = 4096};
  return settlementOfVerdict(task, kEnvelope, verdict, Time(std::chrono::seconds(10)), Time(std::chrono::seconds(12)),
                             kAuthor, 0);
}

// The largest value of a counter.
inline constexpr auto kCounterLimit = std::numeric_limits<std::uint32_t>::max();

}  // namespace leptir::settlement
