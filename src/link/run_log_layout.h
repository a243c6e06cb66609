// Where the parts of RunLogs lie in its memory. Included only by run_logs.cc and run_log_writer.cc.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "link/pages.h"
#include "link/run_logs.h"

namespace leptir::link {

inline constexpr std::size_t kLongestLoggedId = 255;

// A place for the log of one run. `version` is odd while the worker changes the place: a worker that was killed then
// leaves it odd.
struct RunLogHead {
  std::atomic<std::uint32_t> version;
  std::uint32_t cell;
  std::uint64_t generation;
  std::uint64_t sequence;  // 0: no run has used this place
  std::uint32_t attempt;
  std::int32_t pid;
  std::uint32_t idBytes;
  std::uint32_t firstBytes;
  // Positions in the stream of bytes that went into `last`, which is a ring: only the bytes between them are there.
  std::uint64_t lastFrom, lastTo;
  std::uint64_t leftOutLines, leftOutBytes;
  char id[kLongestLoggedId + 1];
};

struct RunLogPlace {
  RunLogHead head;
  char first[kFirstLogBytes];
  char last[kLastLogBytes];
};

// Each slot has several places: one for the run that goes on, the others for runs whose workers died and that the
// dispatcher has not settled yet.
inline constexpr std::size_t kRunLogPlaces = 4;
inline constexpr std::size_t kRunLogStride = roundUpToPages(sizeof(RunLogPlace));
inline constexpr std::size_t kRunLogSlotBytes = kRunLogPlaces * kRunLogStride;

inline RunLogPlace& runLogPlace(char* slot, std::size_t place) {
  return *reinterpret_cast<RunLogPlace*>(slot + place * kRunLogStride);
}

// Whether the values of a place, which a task may have overwritten, can be used.
bool makesSense(const RunLogHead& head);
// The log in a place for which makesSense() is true.
RunLog logIn(const RunLogPlace& place);

}  // namespace leptir::link
