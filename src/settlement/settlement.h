// Decides what happens to a task after a run: makes a record and an operation on the lease from the outcome (or the
// master's verdict). Pure functions. Their numbers stand in docs/design.md and docs/promises.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "leptir/logger.h"
#include "leptir/outcome.h"
#include "leptir/spi/broker_task.h"
#include "leptir/spi/meta_info.h"
#include "link/slot.h"
#include "settlement/held_task.h"
#include "settlement/retry_delay.h"
#include "settlement/run_record.h"

namespace leptir::settlement {

struct Settlement {
  enum class Kind {
    Acknowledge,    // the task is over: the store forgets it
    Release,        // back into the queue for after `delay`, with new counters
    GiveBack,       // back into the queue for now, as if it had not been leased
    LeaveToOthers,  // back to its old position, for programs that know its name; not leased here for `delay`
    Bury,           // put aside with `reason`
    Drop,           // the lease is lost: no record, no operation in the store
  };
  Kind kind = Kind::Acknowledge;
  Counters counters{};
  // For Release: back to the old position in the queue (Kept), or behind all tasks that are due by then (Last).
  enum class Position { Kept, Last };
  Position position = Position::Last;
  Duration delay{};
  std::string reason{};
  std::optional<MetaInfo> record{};     // saved before the operation
  bool failed = false;                  // the run did not succeed
  std::optional<ThrownError> thrown{};  // what the task threw, for its error report
};

// For a run that ended by itself. `envelope`: the bytes as they were leased.
Settlement settlementOfOutcome(const HeldTask& task, std::string_view envelope, Outcome outcome,
                               const RecordAuthor& author, double jitter);
// For a run that the master ended, or whose worker died. `started` and `ended` are times of the wall clock.
Settlement settlementOfVerdict(const HeldTask& task, std::string_view envelope, const link::Verdict& verdict,
                               Time started, Time ended, const RecordAuthor& author, double jitter);
// For a run that has ended, but `deaths` dispatchers crashed while they settled it: buried, with a record that has none
// of the task's own output.
Settlement settlementOfUnsettlable(const HeldTask& task, std::string_view envelope, std::uint32_t deaths, Time now,
                                   const RecordAuthor& author);
// For a task that was cancelled while it waited. `by` is user@host.
Settlement settlementOfCancelled(const HeldTask& task, std::string_view envelope, const std::string& by, Time now,
                                 const RecordAuthor& author);
// For a task whose name this program does not know: left to other programs for `delay`; buried if that is empty.
Settlement settlementOfUnknownName(const HeldTask& task, std::string_view envelope, std::optional<Duration> delay,
                                   Time now, const RecordAuthor& author);

// For bytes that are no envelope; `why` says what is wrong with them. `task.head.id` is what can be read of its id.
Settlement settlementOfMalformed(const HeldTask& task, std::string_view envelope, const std::string& why, Time now,
                                 const RecordAuthor& author);
// For the only task that a crashed dispatcher held: the task waits longer each time, and is buried at the third crash.
Settlement settlementOfDispatcherCrash(const HeldTask& task, std::string_view envelope, Time now,
                                       const RecordAuthor& author);
// For a task whose lease has expired kMaxExpiries times: buried without another run.
Settlement settlementOfSessionExpired(const HeldTask& task, std::string_view envelope, Time now,
                                      const RecordAuthor& author);
// For a task that asks for a longer time limit than a lease of its broker allows: buried without a run. `longest`: the
// longest limit there.
Settlement settlementOfTooLongLimit(const HeldTask& task, std::string_view envelope, Duration longest, Time now,
                                    const RecordAuthor& author);
// For a task that had not begun by the time at which it expires (EnvelopeHead::expires is set).
Settlement settlementOfExpired(const HeldTask& task, std::string_view envelope, Time now, const RecordAuthor& author);

// Log text for a settlement with `failed`: how the run ended and what happens to the task next.
std::string describeFailure(const Settlement& settlement);
// The level at which to log that text. A task that asks to be run again later has not failed.
LogLevel levelOfFailure(const Settlement& settlement);
// Log text like describeFailure, for a run that the master ended or whose worker died.
std::string describeFailureByVerdict(const Settlement& settlement);

}  // namespace leptir::settlement
