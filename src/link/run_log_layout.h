// Where the parts of RunLogs lie in its memory. Included only by run_logs.cc and run_log_writer.cc.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "link/pages.h"
#include "link/run_logs.h"

namespace leptir::link {

inline constexpr std::size_t kMaxLoggedIdBytes = 255;

// A buffer for the log of one run. `version` is odd while the worker changes the buffer: a worker that was killed then
// leaves it odd.
struct RunLogHead {
  std::atomic<std::uint32_t> version;
  std::uint32_t cell;
  std::uint64_t generation;
  std::uint64_t sequence;  // 0: no run has used this buffer
  std::uint32_t attempt;
  std::int32_t pid;
  std::uint32_t idBytes;
  std::uint32_t firstBytes;
  // Positions in the stream of bytes that went into `last`, which is a ring: only the bytes between them are there.
  std::uint64_t lastFrom, lastTo;
  std::uint64_t leftOutLines, leftOutBytes;
  char id[kMaxLoggedIdBytes + 1];
};

struct RunLogBuffer {
  RunLogHead head;
  char first[kFirstLogBytes];
  char last[kLastLogBytes];
};

// Each slot has several buffers: one for the run that goes on, the others for runs whose workers died and that the
// dispatcher has not settled yet.
inline constexpr std::size_t kRunLogBuffersPerSlot = 4;
inline constexpr std::size_t kRunLogStride = roundUpToPages(sizeof(RunLogBuffer));
inline constexpr std::size_t kRunLogSlotBytes = kRunLogBuffersPerSlot * kRunLogStride;

inline RunLogBuffer& runLogBuffer(char* slot, std::size_t buffer) {
  return *reinterpret_cast<RunLogBuffer*>(slot + buffer * kRunLogStride);
}

// Whether the values of a buffer, which a task may have overwritten, can be used.
bool makesSense(const RunLogHead& head);
// The log in a buffer for which makesSense() is true.
RunLog readRunLog(const RunLogBuffer& buffer);

}  // namespace leptir::link
