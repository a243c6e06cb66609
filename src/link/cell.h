// One cell of a slot: the place of one task between the dispatcher that assigns it and settles it, the worker that runs
// it, and the master that ends it.
//
//  free ─dispatcher─▶ assigned ─worker─▶ executing ─worker─▶ done ─dispatcher, when settled─▶ free
//                        │                   │ └─master, before it signals─▶ stopping
//                        │                   └────────────┬──────────────────┘
//                        └─dispatcher─▶ free               └─master, worker reaped─▶ died ─dispatcher, when settled─▶
//                        free
//
// Everything here lies in shared memory and is written by processes that may die at any instruction; so: plain bytes,
// one writer a part, and a state word that changes by compare-and-swap alone.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "leptir/broker_task.h"
#include "leptir/clock.h"
#include "link/last_words.h"

namespace leptir {

enum class CellState : std::uint8_t { Free, Assigned, Executing, Done, Stopping, Died };

// Why the master ended a task: stands in the word of `stopping` and `died`.
enum class StopReason : std::uint8_t {
  None,
  Crash,      // the worker died by itself
  TimeLimit,  //
  Cancel,     // somebody asked
  Shutdown,   // this instance ends: goes back without using up an attempt
  Lease,      // its lease is lost or about to be: no record, no attempt
};

// The state word, taken apart. Each new use of a cell has a generation of its own, so that a late compare-and-swap
// about an earlier task fails.
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
  CellWord freed() const { return {CellState::Free, StopReason::None, generation + 1}; }
  friend bool operator==(const CellWord&, const CellWord&) = default;
};

// A body up to this size lies in its cell; a larger one in the slot's large area, of which there is one for each
// direction.
inline constexpr std::size_t kCellBodyBytes = 64 * 1024;
inline constexpr std::size_t kLargeBodyBytes = kMaxEnvelopeBytes + 64 * 1024;

// What the dispatcher says of a task. Read-only for the worker, and written before the state word says `assigned`.
struct AssignmentHeader {
  std::uint64_t
      sequence;  // rises with each assignment in this slot: tells a new worker or dispatcher where the ring stands
  std::uint32_t broker;  // its line in the shared page
  std::uint64_t epoch;   // of the session that holds it there
  std::uint64_t leaseNumber;
  Counters counters;
  std::int64_t timeLimitMicros;  // zero: none
  std::int64_t assignedBoot;     // BootTime of the assignment, microseconds
  std::uint32_t handleBytes;     // the lease's handle comes first in the body,
  std::uint32_t envelopeBytes;   // then the envelope
  std::uint8_t large;            // the body lies in the large area
  std::uint8_t fresh;            // only for a worker that has run nothing yet
  std::uint32_t settleTries;     // dispatchers that took what came of it and have not freed the cell
  std::uint64_t generation;      // of the state word: the worker writes that one, and could claim another
};

// What the worker says. Untrusted: a task may have scribbled over it, so a checksum covers the body and every use of
// `bytes` is checked against the area.
struct OutcomeHeader {
  std::int64_t startedBoot;      // when it began, by the worker's word
  std::int64_t cpuMicrosBefore;  // CPU time that the worker had used until then, children that it waited for included
  std::int32_t pid;              // of the worker
  std::uint32_t bytes;
  std::uint32_t checksum;
  std::uint8_t large;
};

// What the dispatcher wishes of the master: to end the task in a cell. Read-only for the worker.
struct WishHeader {
  std::atomic<std::uint64_t> word;  // the cell's generation, and the reason; written last
  char by[128];                     // a cancel: who asked, ends with a zero
};

// What the master says of a task whose worker it reaped. Read-only for the worker, written before the word says `died`.
struct VerdictHeader {
  std::int64_t startedBoot;  // when it was first seen to execute
  std::int64_t endedBoot;    // when the worker was reaped
  std::int32_t pid;
  std::int32_t signal;  // zero: it exited
  std::int32_t exitCode;
  std::int64_t cpuMicros;  // of the run
  std::uint64_t maxRssBytes;
  LastWordsKind lastWords;
  std::uint8_t oomKilled;
  std::int32_t sender;
  std::uint64_t faultAddress;
  std::uint64_t stderrFrom, stderrTo;  // positions in the worker's stderr: what may be this task's
  std::atomic<std::uint32_t> autopsy;  // AutopsyState
  std::uint32_t autopsyBytes;
};

// A stack takes a moment to be worked out, in a child of the master's; the verdict stands before it is there.
enum class AutopsyState : std::uint32_t { None, Underway, Done };
inline constexpr std::size_t kAutopsyBytes = 16 * 1024;

// FNV-1a over 8 bytes at a time: quick, and enough to notice that somebody wrote where he should not.
std::uint32_t checksumOf(std::string_view bytes);

}  // namespace leptir
