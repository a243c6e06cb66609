// What is counted, as enumerations: each value is one label in the text (text.h) and one place in the memory
// (metrics_table.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "leptir/clock.h"

namespace leptir::metrics {

// What became of a task when it was settled.
enum class TaskEnd : std::uint8_t {
  Succeeded,
  Failed,     // over without success: an error, and no attempts were asked for
  Retried,    // back in its queue for another attempt
  Buried,     // put aside for an operator
  Cancelled,  // by a user
  Expired,    // not begun by the time at which it expires
  Discarded,  // by itself
  GivenBack,  // back in its queue without an attempt: a stop, a pause, max_running, an unknown name, a crash
  Lost,       // its lease was lost while it ran: another instance runs it
};
inline constexpr std::size_t kTaskEnds = 9;
// succeeded, failed, retried, buried, cancelled, expired, discarded, given_back, lost
std::string_view nameOf(TaskEnd end);

// Why a run did not succeed.
enum class FailureCause : std::uint8_t {
  Error,  // it returned an error
  Threw,
  TimedOut,
  Crashed,
  OutOfMemory,
  UnknownName,
  Malformed,
  SessionExpired,
  None,  // it is no failure
};
inline constexpr std::size_t kFailureCauses = 8;  // without None
// error, threw, timed_out, crashed, out_of_memory, unknown_name, malformed, session_expired
std::string_view nameOf(FailureCause cause);
// The cause for the word in a record's `cause` (leptir::nameOf(Cause)). None: the word does not name a failure.
FailureCause failureCauseOf(std::string_view causeOfRecord);

// What a thread asks of its store.
enum class StoreOperation : std::uint8_t {
  Open,
  Lease,
  Acknowledge,  // also together with the next lease
  Release,
  Bury,
  Renew,
  Recover,  // tasks of dead sessions
  List,     // the leased tasks of the session
  Count,    // the tasks of the queue
  Save,     // records
  Expire,   // removes old records
};
inline constexpr std::size_t kStoreOperations = 11;
// open, lease, acknowledge, …
std::string_view nameOf(StoreOperation operation);

enum class StoreKind : std::uint8_t { Broker, MetaStorage };
// broker, meta_storage
std::string_view nameOf(StoreKind kind);

// The kinds of process of an instance.
enum class ProcessKind : std::uint8_t { Master, Dispatcher, Worker, ReportWorker, MetricsServer };
inline constexpr std::size_t kProcessKinds = 5;
// master, dispatcher, worker, report_worker, metrics_server
std::string_view nameOf(ProcessKind kind);

// One task that was settled.
struct SettledTask {
  static constexpr Duration kNotMeasured{-1};

  std::uint32_t broker = 0;  // its number in the dispatcher
  std::uint32_t name = 0;    // settlement::HeldTask::knownNameNumber; 0: a name that this program does not know
  TaskEnd end = TaskEnd::Succeeded;
  FailureCause cause = FailureCause::None;
  Duration runTime = kNotMeasured;    // of a run
  Duration queueTime = kNotMeasured;  // of a first run: since the task was due
};

// The upper bounds of the buckets of times, in microseconds: 10 µs to an hour. A bucket holds what is at most its
// bound.
inline constexpr std::array<std::int64_t, 20> kTimeBoundsInMicroseconds{
    10,         100,        1'000,      2'500,       5'000,       10'000,       25'000,
    50'000,     100'000,    250'000,    500'000,     1'000'000,   2'500'000,    5'000'000,
    10'000'000, 30'000'000, 60'000'000, 300'000'000, 600'000'000, 3'600'000'000};
// The upper bounds of the buckets of batch sizes, in tasks.
inline constexpr std::array<std::int64_t, 11> kBatchSizeBounds{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1'024};

}  // namespace leptir::metrics
