// Where the parts of a slot lie in its mapping. Included only by the .cc files of Slot and its areas.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/process_tree.h"
#include "base/sequence_lock.h"
#include "link/cell.h"
#include "link/crash_report.h"
#include "link/pages.h"
#include "link/slot.h"

namespace leptir::link {

// Bodies lie an odd number of cache lines apart, so that their beginnings do not all map to the same few cache sets.
inline constexpr std::size_t kBodyStride = kCellBodyBytes + 64;

// The progress that the running task reports, for `status`.
struct SlotProgress {
  base::SequenceLock lock;
  base::RelaxedValue<double> fraction;
  base::RelaxedText<116> text;
};

// Every process may write here: a task, too, by mistake.
struct WorkerPart {
  std::atomic<std::uint64_t> words[kCells];
  OutcomeHeader outcomes[kCells];
  alignas(64) std::atomic<std::uint32_t> workerSleeps;
  std::atomic<std::uint32_t> workerReady;
  // The cell whose outcome lies in the large area, and the generation of that cell plus one (0: the area is free).
  std::uint64_t largeOutcomeCell;
  std::uint64_t largeOutcomeGeneration;
  SlotProgress progress;
  std::atomic<std::uint32_t> keptDescendantCount;
  base::ProcessInfo keptDescendants[Slot::kMaxKeptDescendants];
};

// Written by the dispatcher, read-only for the worker.
struct AssignmentPart {
  std::atomic<std::uint64_t> stderrForwarded;
  AssignmentHeader headers[kCells];
  StopRequestHeader stopRequests[kCells];
};

// Written by the master, read-only for the worker.
struct VerdictPart {
  std::atomic<std::uint32_t> workerMustExit;
  VerdictHeader verdicts[kCells];
};

// Byte offsets of the parts. First come the parts that the worker writes, then the parts that are read-only for it.
struct SlotLayout {
  std::size_t workerPart, outcomeBodies, largeOutcome, crashReport;
  std::size_t assignmentPart, assignmentBodies, largeAssignment, verdictPart, symbolizedStacks;
  std::size_t end;
};

constexpr SlotLayout layOutSlot() {
  SlotLayout l{};
  l.workerPart = 0;
  l.outcomeBodies = roundUpToPages(sizeof(WorkerPart));
  l.largeOutcome = l.outcomeBodies + roundUpToPages(kCells * kBodyStride);
  l.crashReport = l.largeOutcome + roundUpToPages(kLargeBodyBytes);
  l.assignmentPart = l.crashReport + roundUpToPages(sizeof(CrashReport));
  l.assignmentBodies = l.assignmentPart + roundUpToPages(sizeof(AssignmentPart));
  l.largeAssignment = l.assignmentBodies + roundUpToPages(kCells * kBodyStride);
  l.verdictPart = l.largeAssignment + roundUpToPages(kLargeBodyBytes);
  l.symbolizedStacks = l.verdictPart + roundUpToPages(sizeof(VerdictPart));
  l.end = l.symbolizedStacks + kCells * kSymbolizedStackBytes;
  return l;
}

inline constexpr SlotLayout kSlotLayout = layOutSlot();

inline WorkerPart& workerPart(char* slot) {
  return *reinterpret_cast<WorkerPart*>(slot + kSlotLayout.workerPart);
}
inline AssignmentPart& assignmentPart(char* slot) {
  return *reinterpret_cast<AssignmentPart*>(slot + kSlotLayout.assignmentPart);
}
inline VerdictPart& verdictPart(char* slot) {
  return *reinterpret_cast<VerdictPart*>(slot + kSlotLayout.verdictPart);
}
inline CellWord wordIn(char* slot, std::size_t cell) {
  return CellWord::unpack(workerPart(slot).words[cell].load(std::memory_order_acquire));
}

}  // namespace leptir::link
