// A task on its way into a store, and what a store hands back: the two values on either side of a SimpleBroker.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "leptir/clock.h"

namespace leptir {

// An envelope takes at most this much (docs/promises.md): TooLarge at the push.
inline constexpr std::size_t kMaxEnvelopeBytes = std::size_t{16} << 20;

// The farthest time of execution before or after 1970, the longest delay and the longest time limit: more than 3,000
// years. A push that asks for more is Invalid; what a store holds beyond it is taken for this much.
inline constexpr std::chrono::seconds kFarthest{100'000'000'000};
constexpr bool isTooFar(Time time) {
  return time > Time(kFarthest) || time < Time(-kFarthest);
}

// What happened to a task so far; each count stays at its limit; envelope keys `at`, `cr`, `ex`, `un`.
struct Counters {
  std::uint32_t failures = 0;  // it ran and did not succeed
  std::uint32_t crashes = 0;   // its worker died
  std::uint32_t expiries = 0;  // the instance that held it was gone
  std::uint32_t unknown = 0;   // nobody knew its name

  // Runs so far.
  std::uint32_t attempts() const {
    const auto sum = std::uint64_t{failures} + crashes + expiries;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(sum, std::numeric_limits<std::uint32_t>::max()));
  }
  // The number of the run that comes next, as records and TaskContext::attempt say it.
  int nextAttempt() const {
    constexpr std::uint32_t kLast = std::numeric_limits<int>::max();
    return static_cast<int>(std::min(attempts(), kLast - 1)) + 1;
  }
  friend bool operator==(const Counters&, const Counters&) = default;
};

// What is pushed. `encodeEnvelope` (src/task/envelope.h) makes PHP leptir's JSON of it.
struct BrokerTask {
  std::string id{};                       // made by the pusher, see makeTaskId; the rule: base/task_names.h
  std::string name{};                     // `cn`; the same rule
  std::string parameters = "[]";          // `td.parameters`: JSON text, taken as it is; PHP's empty map is []
  std::int64_t priority = 0;              // `pr`: chose the broker; carried along
  std::optional<Time> timeOfExecution{};  // `toex`, whole seconds there; none: at once; at most kFarthest from 1970
  std::int64_t timeLimitSeconds = 0;      // `tl`; 0: task_execution_time of whoever runs it; at most kFarthest
  std::uint32_t maxAttempts = 0;          // `ma`; 0: not said, so 1
  std::optional<Time> pushedAt{};         // `ts`
  Counters counters{};
};

// Which lease of which task. A store finds the task by `handle` and accepts the operation only while `number` is still
// the task's own.
struct LeaseId {
  std::uint64_t number = 0;  // the store's clock in microseconds, or the last one + 1 if that is larger; tasks that are
                             // leased together may share it; also the task's fence
  std::string handle{};      // the store's own; opaque; at most 2 KiB - 16

  friend bool operator==(const LeaseId&, const LeaseId&) = default;
  friend auto operator<=>(const LeaseId&, const LeaseId&) = default;
};

// What is popped: the bytes as stored, whatever they are.
struct LeasedTask {
  std::string envelope{};
  Counters counters{};
  LeaseId lease{};
  std::string cancelledBy{};  // who asked to cancel it while it was leased before; empty: nobody
};

}  // namespace leptir
