// What becomes of a task after a run: pure decisions, from the outcome (or the master's verdict) to a record and an
// operation on the lease. The numbers stand in docs/design.md and docs/promises.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "leptir/broker_task.h"
#include "leptir/meta_info.h"
#include "leptir/outcome.h"
#include "link/slot.h"
#include "task/envelope.h"

namespace leptir {

inline constexpr Duration kRetryDelay = std::chrono::seconds(5);

// What the dispatcher knows of a task that it holds.
struct HeldTask {
  std::uint32_t broker = 0;
  std::uint64_t epoch = 0;
  LeaseId lease;
  Counters counters;
  EnvelopeHead head;
  Duration retryDelay = kRetryDelay;  // before its second attempt
};

// How the log calls it.
std::string nameForLog(const HeldTask& task);
// Who runs it: the part of each record that never changes.
struct RecordAuthor {
  std::string host;
  int pid = 0;
};

struct Settlement {
  enum class Kind {
    Acknowledge,    // done with: forget it
    Release,        // again, after `delay`, with new counters
    GiveBack,       // again, at once, as if it had not been leased
    LeaveToOthers,  // back where it stood, for programs that know its name; not here for `delay`
    Bury,           // aside, with `reason`
    Drop,           // it is not ours any more: nothing is written, nothing is said to the store
  };
  Kind kind = Kind::Acknowledge;
  Counters counters;
  // Release: whether it goes before those that were pushed later, or behind all that are due.
  enum class Place { Own, Last };
  Place place = Place::Last;
  Duration delay{};
  std::string reason;
  std::optional<MetaInfo> record;  // saved before the operation
  bool failed = false;             // counts as not succeeded
};

// How one with `failed` went, as the log says it, and what becomes of the task now.
std::string sentenceOfFailure(const Settlement& settlement);
// The same for a run that the master ended or whose worker died.
std::string sentenceOfEnding(const Settlement& settlement);

inline constexpr std::uint32_t kMaxCrashes = 3;

// The n-th retry (n from 1) of a failed task waits `first` (5 s unless its name has another) × 2ⁿ⁻¹, at most an hour;
// `jitter` in [0, 1) takes away up to a quarter, so that a crowd that failed together does not come back together.
Duration delayAfterFailure(std::uint32_t failures, double jitter, Duration first = kRetryDelay);
// At once after the first death of its worker, 5 s after the second; nothing: it is buried.
std::optional<Duration> delayAfterCrash(std::uint32_t crashes);

// A run that ended by itself. `envelope` is as it was leased.
Settlement settleOutcome(const HeldTask& task, std::string_view envelope, Outcome outcome, const RecordAuthor& author,
                         double jitter);
// A run that the master ended, or whose worker died. `started` and `ended` on the wall clock.
Settlement settleVerdict(const HeldTask& task, std::string_view envelope, const Verdict& verdict, Time started,
                         Time ended, const RecordAuthor& author, double jitter);
// A run that has ended, and `deaths` dispatchers died while they settled it: buried, with a record that holds nothing
// of what the task said.
Settlement settleUnsettlable(const HeldTask& task, std::string_view envelope, std::uint32_t deaths, Time now,
                             const RecordAuthor& author);
// To the record of a run that was ended: the output and states of that run itself. Its lines come first, as in
// PHP leptir.
void addWhatItSaid(Outcome said, MetaInfo& record);
// A task that was cancelled while it waited. `by` is user@host.
Settlement settleCancelled(const HeldTask& task, std::string_view envelope, const std::string& by, Time now,
                           const RecordAuthor& author);
// A task whose name this program does not know: left to others for `delay`; without one it is buried.
Settlement settleUnknownName(const HeldTask& task, std::string_view envelope, std::optional<Duration> delay, Time now,
                             const RecordAuthor& author);

// The record that a task is running, for those that take longer than a moment.
MetaInfo runningRecord(const HeldTask& task, Time started, const RecordAuthor& author);

}  // namespace leptir
