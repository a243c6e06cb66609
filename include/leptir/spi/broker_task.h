// The values that go into a SimpleBroker and come out of it: BrokerTask is a task to push, LeasedTask a task that a
// session has leased.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "leptir/clock.h"

namespace leptir {

// The largest envelope, in bytes (docs/promises.md). A push of a larger one fails with TooLarge.
inline constexpr std::size_t kMaxEnvelopeBytes = std::size_t{16} << 20;

// The limit of times of execution before and after 1970, of delays and of time limits: more than 3,000 years. A push
// beyond the limit fails with Invalid; a larger value that is read from a store counts as the limit.
inline constexpr std::chrono::seconds kMaxTimeSpan{100'000'000'000};
constexpr bool isBeyondMaxTimeSpan(Time time) {
  return time > Time(kMaxTimeSpan) || time < Time(-kMaxTimeSpan);
}

// What happened to a task so far, as the envelope keys `at`, `cr`, `ex`, `un`. A counter at its largest value stays
// there.
struct Counters {
  std::uint32_t failures = 0;  // runs that ended without success
  std::uint32_t crashes = 0;   // runs during which the worker died
  std::uint32_t expiries = 0;  // leases that ended because their instance died
  std::uint32_t unknown = 0;   // leases by instances that have no task of this name

  // The number of runs so far. A lease that ended because its instance died counts as a run, even if the task had not
  // begun.
  std::uint32_t attempts() const {
    const auto sum = std::uint64_t{failures} + crashes + expiries;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(sum, std::numeric_limits<std::uint32_t>::max()));
  }
  // The number of the next run, 1 for the first, as in records and TaskContext::attempt.
  int nextAttempt() const {
    constexpr std::uint32_t kLast = std::numeric_limits<int>::max();
    return static_cast<int>(std::min(attempts(), kLast - 1)) + 1;
  }
  // The number of the last run, 0 if there was none.
  int lastAttempt() const { return nextAttempt() - 1; }
  friend bool operator==(const Counters&, const Counters&) = default;
};

// A task whose leases have expired this often probably crashes whole machines: no instance runs it again.
inline constexpr std::uint32_t kMaxExpiries = 10;

// A task to push. EncodedTask (encoded_task.h) checks it and writes it as PHP leptir's JSON.
struct BrokerTask {
  std::string id{};               // chosen by the pusher
  std::string name{};             // `cn`
  std::string parameters = "[]";  // `td.parameters`: JSON text, stored unchanged; PHP's empty map is []
  std::int64_t priority = 0;      // `pr`: the priority that chose the broker; only kept here
  // `toex`; none: at once; at most kMaxTimeSpan from 1970. The envelope has it cut to whole seconds, as PHP leptir
  // reads it; the store keeps the fraction (BrokerTraits::duePrecision).
  std::optional<Time> timeOfExecution{};
  std::int64_t timeLimitSeconds = 0;  // `tl`; 0: the running instance's task_execution_time; at most kMaxTimeSpan
  std::uint32_t maxAttempts = 0;      // `ma`; 0: not set, which means 1
  std::optional<Time> pushedAt{};     // `ts`
  std::optional<Time> expires{};      // `expires`: not run if it has not begun by then; at most kMaxTimeSpan from 1970
  Counters counters{};
  std::string traceparent{};  // `trace`: the span that pushed it, as W3C Trace Context writes it; empty: none
};

// Identifies one lease of one task. The store finds the task by `handle`, and accepts an operation only while `number`
// is the number of the task's current lease.
struct LeaseId {
  std::uint64_t number = 0;  // the larger of the store's clock in microseconds and the previous lease number + 1; tasks
                             // leased by one call may share it; it is also the task's fencing token
  std::string handle{};      // opaque; its meaning is known to the store only; at most 2 KiB - 16

  friend bool operator==(const LeaseId&, const LeaseId&) = default;
  friend auto operator<=>(const LeaseId&, const LeaseId&) = default;
};

// A task that a session has leased. The envelope holds the stored bytes; they may be no valid envelope.
struct LeasedTask {
  std::string envelope{};
  Counters counters{};
  LeaseId lease{};
  std::string cancelledBy{};  // the user that requested its cancellation during an earlier lease; empty: no request
};

}  // namespace leptir
