// Where the parts of a slot lie in its mapping. Included only by the .cc files of Slot.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "link/slot.h"

namespace leptir::link {

inline constexpr std::size_t kPage = 4096;
constexpr std::size_t roundUp(std::size_t bytes) {
  return (bytes + kPage - 1) / kPage * kPage;
}

// Bodies lie an odd number of cache lines apart, so that their beginnings do not all map to the same few cache sets.
inline constexpr std::size_t kBodyStride = kCellBodyBytes + 64;

struct Slot::WorkerPart {
  std::atomic<std::uint64_t> words[kCells];
  OutcomeHeader outcomes[kCells];
  alignas(64) std::atomic<std::uint32_t> workerSleeps;
  std::atomic<std::uint32_t> workerReady;
  // The cell whose outcome lies in the large area, and the generation of that cell plus one (0: the area is free).
  std::uint64_t largeOutcomeCell;
  std::uint64_t largeOutcomeGeneration;
  SlotProgress progress;
  std::atomic<std::uint32_t> keptDescendantCount;
  base::ProcessInfo keptDescendants[kMaxKeptDescendants];
};

struct Slot::AssignmentPart {
  std::atomic<std::uint64_t> stderrForwarded;
  AssignmentHeader headers[kCells];
  CancelRequestHeader cancelRequests[kCells];
};

struct Slot::VerdictPart {
  std::atomic<std::uint32_t> workerMustExit;
  VerdictHeader verdicts[kCells];
};

// Byte offsets of the parts. First come the parts that the worker writes, then the parts that are read-only for it.
struct SlotLayout {
  std::size_t workerPart, outcomeBodies, largeOutcome, crashReport;
  std::size_t assignmentPart, assignmentBodies, largeAssignment, verdictPart, symbolizedStacks;
  std::size_t end;
};

template <std::size_t WorkerBytes, std::size_t AssignmentBytes, std::size_t VerdictBytes>
constexpr SlotLayout layOut() {
  SlotLayout l{};
  l.workerPart = 0;
  l.outcomeBodies = roundUp(WorkerBytes);
  l.largeOutcome = l.outcomeBodies + roundUp(kCells * kBodyStride);
  l.crashReport = l.largeOutcome + roundUp(kLargeBodyBytes);
  l.assignmentPart = l.crashReport + roundUp(sizeof(CrashReport));
  l.assignmentBodies = l.assignmentPart + roundUp(AssignmentBytes);
  l.largeAssignment = l.assignmentBodies + roundUp(kCells * kBodyStride);
  l.verdictPart = l.largeAssignment + roundUp(kLargeBodyBytes);
  l.symbolizedStacks = l.verdictPart + roundUp(VerdictBytes);
  l.end = l.symbolizedStacks + kCells * kSymbolizedStackBytes;
  return l;
}

inline constexpr SlotLayout kLayout =
    layOut<kCells * (8 + sizeof(OutcomeHeader)) + 64 * 8 + Slot::kMaxKeptDescendants * sizeof(base::ProcessInfo),
           64 + kCells * (sizeof(AssignmentHeader) + sizeof(CancelRequestHeader)),
           64 + kCells * sizeof(VerdictHeader)>();

}  // namespace leptir::link
