// How one run of a task went: what the worker tells the dispatcher, and what the record is made from.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"

namespace leptir {

// `retC` of the record: PHP leptir's numbers.
enum class ExitStatus {
  Success = 1,
  Warning = 2,
  Error = 3,
  Unknown = 4,  // any number that is none of the others
  TimeLimitExceeded = 5,
};

// Why a run ended, as the record's `cause` says it.
enum class Cause {
  Finished,     // doJob returned
  Threw,        // doJob, beforeStart or afterFinish threw
  TimedOut,     // ended at its time limit
  Cancelled,    // somebody asked for it
  Crashed,      // the worker process died
  OutOfMemory,  // the worker process died of its memory limit
  Discarded,    // the task itself asked never to be run again
  UnknownName,  // no such task here, for a day
  Malformed,    // no task at all: bytes that are no envelope
  RetryLater,   // the task itself asked to be run again later
  GaveBack,     // ended by us (shutdown, lease); goes back without using up an attempt
};

// The words of the record: finished, threw, timed_out, cancelled, crashed, out_of_memory, discarded, unknown_name,
// malformed, retry_later, gave_back.
std::string_view nameOf(Cause cause);
// All of these words, in the order of the enumeration.
std::vector<std::string_view> causeWords();
// success, warning, error, unknown, time limit exceeded.
std::string_view nameOf(ExitStatus status);

// What user code threw: for the log, the error reporters and the record.
struct ThrownError {
  std::string type{};  // demangled
  std::string message{};
};

// The longest that a task can put off its next run: ten years.
inline constexpr Duration kLongestRetryDelay = std::chrono::hours(24 * 3652);

struct Outcome {
  ExitStatus status = ExitStatus::Unknown;
  Cause cause = Cause::Finished;
  std::string response{};                // response lines joined by one blank: `respM`
  Time started{};                        // wall clock: `exStart`
  Duration executionTime{};              // `exTime`
  Duration cpuTime{};                    // of the worker's process during the run, children that it waited for included
  std::vector<std::string> flow{};       // changeState's states in order
  std::string additional{};              // getAdditionalMetaInfo: JSON object as text, empty for none
  std::string result{};                  // JSON text, empty for none
  std::string stderrTail{};              // programs: the end of what they wrote to stderr
  std::optional<Duration> retryAfter{};  // RetryLater: how long from now
  int signal = 0;                        // the signal that ended it: of a program's process, 0 for none
  std::optional<ThrownError> thrown{};
  bool truncated = false;  // something was cut to fit kMaxOutcomeBytes
};

// An outcome takes at most this much in a slot and in a record (docs/promises.md); longer responses are cut and say so.
inline constexpr std::size_t kMaxOutcomeBytes = std::size_t{16} << 20;

}  // namespace leptir
