// One cell of a slot: it holds one task from assignment to settlement. The dispatcher assigns and settles the task, the
// worker runs it, the master ends it at a deadline or when the worker has died.
//
//  free ──dispatcher──▶ assigned ──worker──▶ executing ──worker──▶ done ──dispatcher──▶ free
//                          │                     │
//                          │                     ├──master──▶ stopping ──master──▶ died ──dispatcher──▶ free
//                          │                     └──master: the worker died──▶ died
//                          └──dispatcher: taken back before it began──▶ free
//
// Cells lie in shared memory and are written by processes that may die at any instruction. So a cell holds only plain
// bytes, each part of it has one writing process, and its state word changes only by compare-and-swap.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "leptir/clock.h"
#include "leptir/spi/broker_task.h"
#include "link/crash_report.h"

namespace leptir::link {

enum class CellState : std::uint8_t { Free, Assigned, Executing, Done, Stopping, Died };

// Why the master ended a task. Part of the state word while the state is Stopping or Died.
enum class StopReason : std::uint8_t {
  None,
  Crash,      // the worker died by itself
  TimeLimit,  // the task ran longer than its time limit
  Cancel,     // a user asked for it
  Shutdown,   // the instance stops: the task returns to its queue and no attempt is counted
  LeaseLost,  // its lease is lost or about to end: no record is saved, no attempt is counted
};

// The state word, unpacked. Each new use of a cell has a new generation, so a late compare-and-swap that is meant for
// an earlier task of the cell fails.
struct CellWord {
  CellState state = CellState::Free;
  StopReason reason = StopReason::None;
  std::uint64_t generation = 0;  // 48 bits

  static CellWord unpack(std::uint64_t word) {
    return {static_cast<CellState>(word & 0xff), static_cast<StopReason>((word >> 8) & 0xff), word >> 16};
  }
  std::uint64_t pack() const {
    return (generation << 16) | (static_cast<std::uint64_t>(reason) << 8) | static_cast<std::uint64_t>(state);
  }
  CellWord to(CellState next, StopReason why = StopReason::None) const { return {next, why, generation}; }
  bool isRunning() const { return state == CellState::Executing || state == CellState::Stopping; }
  // Whether state and reason have values that exist: a task may have overwritten the word.
  bool isValid() const { return state <= CellState::Died && reason <= StopReason::LeaseLost; }
  CellWord freed() const { return {CellState::Free, StopReason::None, generation + 1}; }
  friend bool operator==(const CellWord&, const CellWord&) = default;
};

// How many cells a slot has.
inline constexpr std::size_t kCells = 1024;

// A body (lease handle and envelope, or outcome) up to this size lies in its cell; a larger one lies in a large area of
// the slot, which has one for assignments and one for outcomes.
inline constexpr std::size_t kCellBodyBytes = 64 * 1024;
inline constexpr std::size_t kLargeBodyBytes = kMaxEnvelopeBytes + 64 * 1024;

// The assignment of a task, written by the dispatcher before the state word becomes Assigned. Read-only for the worker.
struct AssignmentHeader {
  std::uint64_t
      sequence;  // rises with each assignment in this slot: a new worker or dispatcher finds the first cell by it
  std::uint32_t broker;  // index into SharedPage::brokers
  std::uint64_t epoch;   // of the session that holds the lease
  std::uint64_t leaseNumber;
  Counters counters;
  std::int64_t timeLimitMicros;   // zero: no limit
  std::int64_t assignedBoot;      // BootTime of the assignment, microseconds
  std::uint32_t handleBytes;      // the body begins with the handle of the lease, of so many bytes;
  std::uint32_t envelopeBytes;    // then comes the envelope
  std::uint8_t large;             // the body lies in the large area
  std::uint8_t needsFreshWorker;  // only a worker that has run no task yet may run this one
  std::uint32_t settleStarts;     // dispatchers that began to settle the task and have not freed the cell
  std::uint64_t generation;       // copy of the state word's generation, which the worker cannot overwrite
};

// What the worker reports of a run. Untrusted, since a task may have overwritten it: a checksum covers the body, and
// readers compare `bytes` with the size of the area.
struct OutcomeHeader {
  std::int64_t startedBoot;      // BootTime when the run began, as the worker reports it, microseconds
  std::int64_t cpuMicrosBefore;  // CPU time of the worker and of its reaped children before the run
  std::int32_t pid;              // of the worker
  std::uint32_t bytes;
  std::uint32_t checksum;
  std::uint8_t large;
};

// A request of the dispatcher to the master: to stop the task in this cell. Read-only for the worker.
struct StopRequestHeader {
  std::atomic<std::uint64_t> word;  // the cell's generation, and the reason; written last
  char by[128];                     // the user who asked to cancel; zero-terminated
};

// How a task ended whose worker the master has reaped. Written by the master before the state word becomes Died.
// Read-only for the worker.
struct VerdictHeader {
  std::int64_t startedBoot;  // BootTime when the run began, as the master determined it, microseconds
  std::int64_t endedBoot;    // BootTime when the worker was reaped, microseconds
  std::int32_t pid;
  std::int32_t signal;  // zero: the worker exited
  std::int32_t exitCode;
  std::int64_t cpuMicros;  // of the run
  std::uint64_t maxRssBytes;
  CrashReportKind crashReportKind;
  std::uint8_t oomKilled;
  std::int32_t signalSender;  // pid of the process that sent the signal; zero: no process, or not known
  std::uint64_t faultAddress;
  std::uint64_t stderrFrom, stderrTo;      // positions in the worker's stderr between which this task may have written
  std::atomic<std::uint32_t> symbolizing;  // SymbolizingState
  std::uint32_t symbolizedStackBytes;
};

// Whether the stack of a crash is known. A child of the master symbolizes it after the verdict has been written.
enum class SymbolizingState : std::uint32_t { None, Underway, Done };
inline constexpr std::size_t kSymbolizedStackBytes = 16 * 1024;

// FNV-1a over 8 bytes at a time: fast, and enough to detect that a task overwrote an outcome.
std::uint32_t checksumOf(std::string_view bytes);

}  // namespace leptir::link
