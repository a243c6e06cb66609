// Where the parts of a slot lie in its mapping. For the files of Slot alone.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "link/slot.h"

namespace leptir {

inline constexpr std::size_t kPage = 4096;
constexpr std::size_t roundUp(std::size_t bytes) {
  return (bytes + kPage - 1) / kPage * kPage;
}

// An odd number of cache lines apart, so that the beginnings of bodies do not all compete for the same few sets of the
// caches.
inline constexpr std::size_t kBodyStride = kCellBodyBytes + 64;

struct Slot::WorkerPart {
  std::atomic<std::uint64_t> words[kCells];
  OutcomeHeader outcomes[kCells];
  alignas(64) std::atomic<std::uint32_t> workerSleeps;
  std::atomic<std::uint32_t> workerReady;
  // The cell whose outcome lies in the large area, and that cell's generation + 1; 0: nobody's.
  std::uint64_t largeOutcomeCell;
  std::uint64_t largeOutcomeGeneration;
  SlotProgress progress;
  std::atomic<std::uint32_t> keptCount;
  ProcessInfo kept[kMostKept];
};

struct Slot::AssignmentPart {
  std::atomic<std::uint64_t> stderrCarried;
  AssignmentHeader headers[kCells];
  WishHeader wishes[kCells];
};

struct Slot::VerdictPart {
  std::atomic<std::uint32_t> workerLeaves;
  VerdictHeader verdicts[kCells];
};

// Byte offsets of the parts. Worker-writable parts come first, then those that are read-only for it.
struct SlotLayout {
  std::size_t workerPart, outcomeBodies, largeOutcome, lastWords;
  std::size_t assignmentPart, assignmentBodies, largeAssignment, verdictPart, autopsies;
  std::size_t end;
};

template <std::size_t WorkerBytes, std::size_t AssignmentBytes, std::size_t VerdictBytes>
constexpr SlotLayout layOut() {
  SlotLayout l{};
  l.workerPart = 0;
  l.outcomeBodies = roundUp(WorkerBytes);
  l.largeOutcome = l.outcomeBodies + roundUp(kCells * kBodyStride);
  l.lastWords = l.largeOutcome + roundUp(kLargeBodyBytes);
  l.assignmentPart = l.lastWords + roundUp(sizeof(LastWords));
  l.assignmentBodies = l.assignmentPart + roundUp(AssignmentBytes);
  l.largeAssignment = l.assignmentBodies + roundUp(kCells * kBodyStride);
  l.verdictPart = l.largeAssignment + roundUp(kLargeBodyBytes);
  l.autopsies = l.verdictPart + roundUp(VerdictBytes);
  l.end = l.autopsies + kCells * kAutopsyBytes;
  return l;
}

inline constexpr SlotLayout kLayout =
    layOut<kCells * (8 + sizeof(OutcomeHeader)) + 64 * 8 + Slot::kMostKept * sizeof(ProcessInfo),
           64 + kCells * (sizeof(AssignmentHeader) + sizeof(WishHeader)), 64 + kCells * sizeof(VerdictHeader)>();

}  // namespace leptir
