// Outcome: how one run of a task went. The worker passes it to the dispatcher, which makes the record from it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"

namespace leptir {

// `status` of the record: PHP leptir's numbers.
enum class TaskStatus { Pending = 1, InProgress = 2, Completed = 3 };

// How a run ended: what doJob returned, or what leptir set in its place. It is not the exit status of a process. `retC`
// of the record: PHP leptir's numbers.
enum class ExitStatus {
  Success = 1,
  Warning = 2,
  Error = 3,
  Unknown = 4,  // also any number that doJob returned and that is not listed here
  TimeLimitExceeded = 5,
};

// Why a run ended, as the record's `cause` says it.
enum class Cause {
  Finished,        // doJob returned
  Threw,           // doJob, beforeStart or afterFinish threw
  TimedOut,        // leptir ended the run at its time limit
  Cancelled,       // leptir ended the run after a cancel request
  Crashed,         // the worker process died
  OutOfMemory,     // the worker process exceeded its memory limit and died
  Discarded,       // the task called discard(), so as never to run again
  UnknownName,     // for a day no instance had a task of this name
  Expired,         // the run had not begun by the time at which the task expires, so the task was not run
  Malformed,       // the stored bytes are no valid envelope
  SessionExpired,  // kMaxExpiries instances that had leased it died, or were cut off from their store for too long
  RetryLater,      // the task called retryAfter(), so as to run again later
  GaveBack,        // leptir ended the run at a shutdown or a lost lease; the task is released and no attempt is counted
};

// The word that a record has for the cause: finished, threw, timed_out, cancelled, crashed, out_of_memory, discarded,
// unknown_name, expired, malformed, session_expired, retry_later or gave_back.
std::string_view nameOf(Cause cause);
// The words for all causes, in the order of the enumeration.
std::vector<std::string_view> causeWords();
// The words that messages have for the status: success, warning, error, unknown or time limit exceeded.
std::string_view nameOf(ExitStatus status);

// The exception that user code threw, for the log and the record.
struct ThrownError {
  std::string type{};  // the C++ type, demangled
  std::string message{};
};

// The longest delay that retryAfter() accepts: ten years.
inline constexpr Duration kMaxRetryDelay = std::chrono::hours(24 * 3652);

struct Outcome {
  ExitStatus status = ExitStatus::Unknown;
  Cause cause = Cause::Finished;
  std::string response{};                // response lines joined by one blank: `respM`
  Time started{};                        // wall clock: `exStart`
  Duration executionTime{};              // `exTime`
  Duration cpuTime{};                    // of the worker process during the run, and of child processes that ended
  std::vector<std::string> flow{};       // the states that changeState set, in order
  std::string additional{};              // of getAdditionalMetaInfo: JSON object as text; empty: none
  std::string result{};                  // JSON text; empty: none
  std::string stderrTail{};              // of a program: the end of its stderr
  std::string log{};                     // the lines that the run logged: `taskLog` (docs/wire-format.md)
  std::optional<Duration> retryAfter{};  // for RetryLater: the delay before the next run
  int signal = 0;                        // the signal that ended the program's process; 0: none
  std::optional<ThrownError> thrown{};
  bool truncated = false;  // some field was shortened to fit kMaxOutcomeBytes
};

// The largest size of an encoded outcome, in bytes, in a slot and in a record (docs/promises.md). A longer response is
// cut, and ends with a line that says so.
inline constexpr std::size_t kMaxOutcomeBytes = std::size_t{16} << 20;

}  // namespace leptir
